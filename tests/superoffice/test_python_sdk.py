"""A third party's client for Python, `superoffice-python-sdk`, by each way that it has to reach the REST twins.

Its code is as the package index has it. What it cannot do here is what it cannot do anywhere but in the vendor's cloud:
its log-in goes to a SOAP service of theirs, so it is given a ticket instead; and it can be installed only without the
packages that it names (python-sdk.in tells why).
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.machine import require
from tests.server_process import command_environment
from tests.superoffice.clients.credentials import ticket_of
from tests.superoffice.clients.ledger import modules_of, pools
from tests.superoffice.world import World

LOCK = Path(__file__).with_name("clients") / "python-sdk.lock"
DRIVER = Path(__file__).with_name("clients") / "python_sdk.py"
FOLDER = Path(__file__).parents[2] / "build" / "superoffice-python-sdk"
INSTALL_SECONDS = 300.0
CONTEXT = "Cust26759"

DOCUMENT = """<LicenseInfo>
  <OwnerName>{owner}</OwnerName><CompanyName>Demo Contact Centre</CompanyName><SerialNr>4711</SerialNr>
  <ModuleLicenses><ModuleLicense>
    <OwnerName>{owner}</OwnerName><ModuleName>SHIFTS</ModuleName><LicenseType>UserLicense</LicenseType>
    <NumberOfLicenses>2</NumberOfLicenses>
  </ModuleLicense></ModuleLicenses>
</LicenseInfo>"""


@pytest.fixture(scope="module")
def packages() -> Path:
    """Where the package and what it imports are installed, as the lock file pins them."""
    wanted = sha256(LOCK.read_bytes()).hexdigest()
    mark = FOLDER / "installed"
    FOLDER.parent.mkdir(exist_ok=True)
    with FileLock(FOLDER.with_suffix(".lock")):
        if not (mark.exists() and mark.read_text() == wanted):
            shutil.rmtree(FOLDER, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
            command = [*pip, "--no-deps", "--require-hashes", "--requirement", str(LOCK), "--target", str(FOLDER)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
            require(f"the package superoffice-python-sdk: {done.stderr[-500:]}", there=done.returncode == 0)
            mark.write_text(wanted)
    return FOLDER


@pytest.fixture(scope="module")
def ticket(world: World) -> str:
    """A ticket of the administrator."""
    with world.stranger() as http:
        return ticket_of(http, world.desk.login)


@pytest.fixture(scope="module")
def license_(world: World, packages: Path, ticket: str) -> Iterator[Callable[..., Any]]:
    """Calls a method of the package's object `License`, and returns what it returned."""
    settings = {"server": world.url, "context": CONTEXT, "ticket": ticket, "app_token": "tour"}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", str(DRIVER), json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=command_environment({"PYTHONPATH": str(packages)}),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def call(method: str, *args: object) -> Any:  # noqa: ANN401 - whatever JSON holds
        stdin.write(json.dumps({"method": method, "args": args}) + "\n")
        stdin.flush()
        outcome = json.loads(stdout.readline())
        assert "value" in outcome, outcome["failed"]
        return outcome["value"]

    with process:
        yield call
        stdin.close()


SDK = pytest.mark.superoffice("9 PyPI superoffice-python-sdk: its License calls")


@SDK
@pytest.mark.superoffice(
    "4 GET License/{moduleOwner}/{associateId}",
    "4 PUT License/{moduleOwner}/{associateId}",
    "4 GET License/User/{associateId}",
)
def test_it_assigns_and_reads_what_is_assigned(world: World, license_: Callable[..., Any]) -> None:
    owner, associate = world.owner(), world.associate()
    module, other = world.module(owner, sort_order=1), world.module(owner, sort_order=2)
    assert license_("get", f"{owner}/{associate}") == []
    assert license_("update", f"{owner}/{associate}", [other, module]) == 200
    assert [each["Name"] for each in license_("get", f"{owner}/{associate}")] == [module, other]
    assert modules_of(world, world.login_of(associate), owner) == {module, other}
    [mine] = [each for each in license_("get", f"User/{associate}") if each["Name"] == owner]
    assert [each["Assigned"] for each in mine["RestrictedModuleLicenses"]] == [True, True]
    assert license_("update", f"{owner}/{associate}", ["NO_SUCH_MODULE"]) == 404
    assert modules_of(world, world.login_of(associate), owner) == {module, other}


@SDK
@pytest.mark.superoffice("4 400 for DELETE without a body, and nothing is taken away")
def test_it_cannot_send_a_body_with_delete_so_that_nothing_is_taken_away(
    world: World, license_: Callable[..., Any]
) -> None:
    owner = world.owner()
    module = world.module(owner)
    associate = world.associate(f"{owner}:{module}")
    assert license_("delete", f"{owner}/{associate}") == 400
    assert modules_of(world, world.login_of(associate), owner) == {module}


@SDK
@pytest.mark.superoffice(
    "1 a trailing slash is tolerated", "4 POST License", "4 GET License", "4 DELETE License/{moduleOwner}"
)
def test_it_activates_a_license_document_reads_it_and_removes_it(world: World, license_: Callable[..., Any]) -> None:
    owner = world.owner()
    activated = license_("create", DOCUMENT.format(owner=owner))  # posts to License/, with the slash
    assert activated["Current"]["SerialNr"] == "4711"
    assert pools(world, owner)["SHIFTS"]["assignable_seats"] == 2
    assert owner in {each["Current"]["OwnerName"] for each in license_("get", "")}
    assert license_("get", owner)["Current"] == activated["Current"]
    assert license_("get", f"{owner}/SHIFTS")["NumberOfLicenses"] == 2
    assert license_("delete", owner) == 200
    assert pools(world, owner) == {}
