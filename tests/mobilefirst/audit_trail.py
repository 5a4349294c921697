"""The audit trail as a client reads it (contract 8.4)."""

import csv
import io
import zipfile

from tests.mobilefirst.client import Client


def trail(client: Client, **parameters: str) -> list[dict[str, str]]:
    """The records of the trail."""
    answer = client.get("/audit", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["audit.csv"]
        text = archive.read("audit.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def of(runtime: str, records: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those of the records that are about a runtime."""
    return [each for each in records if each["Runtime"] == runtime]
