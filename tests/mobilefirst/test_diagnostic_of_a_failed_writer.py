"""What the diagnostic and the check of health tell while nothing can be saved: reads go on."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lxml import etree
from starlette.requests import Request

from seatkeeper.ledger.door import Unanswered
from seatkeeper.ledger.engines.engine import FateUnknown
from seatkeeper.ledger.engines.sqlite_database import DatabaseFile
from seatkeeper.licensing.deployment_commands import DefineRuntime
from seatkeeper.licensing.entities import User
from seatkeeper.mobilefirst.calls import Asked
from seatkeeper.mobilefirst.diagnostic import Diagnostic
from seatkeeper.mobilefirst.negotiation import JSON, TEXT, XML
from seatkeeper.mobilefirst.rendering import Document, Download, written
from seatkeeper.queries.reads import Reads
from seatkeeper.settings import MobileFirstSettings
from tests.ledger.world import running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def failed(tmp_path: Path) -> AsyncIterator[Diagnostic]:
    """That of a ledger with one runtime, whose writer has met a commit of unknown fate."""
    fatal: list[Exception] = []
    async with running(tmp_path, on_fatal=fatal.append) as ledger:
        await ledger.submit(DefineRuntime(name="mfp"))
        ledger.engine.commit_fails = lambda: FateUnknown("the disk went away")
        with pytest.raises(Unanswered):
            await ledger.submit(DefineRuntime(name="other"))
        assert not ledger.healthy
        reads = Reads(DatabaseFile(ledger.file))
        yield Diagnostic(ledger, reads, MobileFirstSettings())
        reads.close()


async def asked(diagnostic: Diagnostic, pattern: str, media_type: str) -> Document | Download:
    request = Request({"type": "http", "query_string": b"", "headers": [], "path_params": {}})
    [resource] = [each for each in diagnostic.resources if each.pattern == pattern]
    return await resource.handler(Asked(request, User(1, "monitor", "", "en"), media_type))


@pytest.mark.parametrize("media_type", [JSON, XML])
async def test_the_database_is_unavailable_and_the_runtimes_are_not_in_order(
    failed: Diagnostic, media_type: str
) -> None:
    answer = await asked(failed, "diagnostic", media_type)
    assert isinstance(answer, Document)
    body = written(answer, media_type)
    message = "Changes cannot be saved at the moment; the server's log says why."
    if media_type == JSON:
        told = json.loads(body)
        assert told["adminDB"] == {"status": "unavailable"}
        [runtime] = told["runtimeDiagnostic"]
        database = {"message": message, "ok": "Error"}
        instance = {"Providers": [{"DatabaseDiagnosticBean": database}], "overallStatus": "Error"}
        assert runtime == {"instances": [instance], "name": "mfp"}
    else:
        root = etree.fromstring(body)
        assert [each.get("status") for each in root.findall("adminDB")] == ["unavailable"]
        assert [each.get("overallStatus") for each in root.iter("instance")] == ["Error"]
        assert [each.get("message") for each in root.iter("DatabaseDiagnosticBean")] == [message]


async def test_the_check_of_health_says_that_nothing_is_saved(failed: Diagnostic) -> None:
    answer = await asked(failed, "diagnostic/healthCheck", TEXT)
    assert isinstance(answer, Download)
    assert isinstance(answer.content, bytes)
    assert b"\nseatkeeper_ledger_healthy 0.0\n" in answer.content
    assert b'\nseatkeeper_runtime_running{runtime="mfp"} 1.0\n' in answer.content
