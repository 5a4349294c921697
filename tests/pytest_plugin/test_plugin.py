"""The pytest plugin in runs of its own, as people who write clients have them."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.server_process import command_environment

# Generous: a run starts a process and a server or two.
DEADLINE = 110.0
SMALL = """
[[licenses]]
name = "SMALL"
concurrent_seats = 1

[[users]]
login = "new01"
password = "welcome"
method = "concurrent"
licenses = ["SMALL"]
"""


class Run:
    """A folder with tests, and what a run of pytest makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """A file of the folder."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, *args: str, **environment: str) -> subprocess.Popen[str]:
        """A run that goes on."""
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *args]
        environment = command_environment({"PYTHONDONTWRITEBYTECODE": "1", **environment})
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def __call__(self, *args: str, **environment: str) -> str:
        """What a run printed."""
        with self.start(*args, **environment) as process:
            printed, _ = process.communicate(timeout=DEADLINE)
        return printed


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A folder of its own, below which pytest finds no settings of ours."""
    run = Run(tmp_path)
    run.write("pytest.ini", "[pytest]\naddopts = --strict-markers --strict-config\n")
    return run


def test_every_test_has_a_server_as_it_says_in_a_run_with_workers(run: Run) -> None:
    run.write("pytest.ini", "[pytest]\nseatkeeper_inventory = of_all.toml\nseatkeeper_config = settings.toml\n")
    run.write("settings.toml", '[icws]\nserver_name = "desk-test"\n')
    for name in ("of_all", "sub/marked"):
        run.write(f"{name}.toml", SMALL.replace("new01", name.rpartition("/")[2]))
    run.write(
        "sub/conftest.py",
        """
import os
from pathlib import Path
import httpx, pytest

@pytest.fixture(autouse=True)
def note(seatkeeper, pytestconfig):
    (pytestconfig.rootpath / f"url-{os.environ['PYTEST_XDIST_WORKER']}").write_text(seatkeeper.url)

@pytest.fixture
def log_on(seatkeeper):
    def log_on(login):
        body = {"__type": "urn:inin.com:connection:icAuthConnectionRequestSettings", "applicationName": "x",
                "userID": login, "password": seatkeeper.password(login)}
        headers = {"Accept-Language": "en"}
        return httpx.post(f"{seatkeeper.icws}/connection", json=body, headers=headers, trust_env=False)
    return log_on
""",
    )
    run.write(
        "sub/test_server.py",
        f"""
from datetime import datetime, timedelta, timezone
from pathlib import Path
import pytest

SMALL = '''{SMALL}'''

@pytest.mark.parametrize("time", ["first", "second", "third", "fourth"])
def test_nothing_is_left_of_the_test_before(seatkeeper, log_on, time):
    assert seatkeeper.sessions() == []
    assert seatkeeper.denials() == []
    assert abs(seatkeeper.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)
    with pytest.raises(Exception, match="no user new01"):
        seatkeeper.password("new01")
    assert log_on("of_all").status_code == 201
    assert [session.user for session in seatkeeper.sessions()] == ["of_all"]
    seatkeeper.apply(SMALL)
    assert log_on("new01").status_code == 201
    seatkeeper.unassign("of_all", "SMALL")
    seatkeeper.advance(timedelta(days=1))
    assert seatkeeper.sessions() == []
    seatkeeper.retire("messaging")
    seatkeeper.fail("POST /icws/connection", "unavailable", times=None)
    assert log_on("of_all").status_code == 503
    seatkeeper.clear_faults()
    assert log_on("of_all").status_code == 201

def test_the_settings_file_counts_and_the_environment_does_not(log_on):
    assert log_on("of_all").json()["icServer"] == "desk-test"

def test_the_inventory_is_that_of_the_settings_of_pytest(seatkeeper):
    assert seatkeeper.users == ["of_all"]
    assert seatkeeper.password("of_all") == "welcome"

class TestOverridden:
    @pytest.fixture
    def seatkeeper_inventory(self):
        return SMALL

    def test_or_that_of_the_fixture(self, seatkeeper):
        assert seatkeeper.users == ["new01"]

    @pytest.mark.seatkeeper_inventory(Path("marked.toml"))
    def test_or_that_of_the_marker(self, seatkeeper, log_on):
        assert seatkeeper.users == ["marked"]
        assert log_on("marked").status_code == 201
""",
    )
    elsewhere = {
        "SEATKEEPER_URL": "http://elsewhere",
        "SEATKEEPER_DATA": "/nowhere",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    printed = run("-n", "2", **elsewhere)
    assert "8 passed" in printed, printed
    files = list(run.folder.glob("url-*"))
    urls = {path.read_text() for path in files}
    assert len(urls) == len(files) == 2
    assert not any(answers(url) for url in urls), "they end with the run"


def test_what_is_wrong_is_said_and_what_the_server_logged_is_shown(run: Run) -> None:
    run.write(
        "test_wrong.py",
        """
from pathlib import Path
import pytest

def test_license(seatkeeper):
    seatkeeper.assign("agent01", "NOT_BOUGHT")

def test_user(seatkeeper):
    seatkeeper.password("nobody")

def test_route(seatkeeper):
    seatkeeper.fail("POST /icws/conection", "unavailable")

def test_path(seatkeeper):
    seatkeeper.fail("/icws/connection", "unavailable")

def test_session(seatkeeper):
    seatkeeper.end("x")

def test_error(seatkeeper):
    seatkeeper.fail("POST /icws/connection", "unavailabel")

@pytest.mark.seatkeeper_inventory("[[license]]")
def test_inventory(seatkeeper):
    pass

@pytest.mark.seatkeeper_inventory("users = [{login = ['agent01'], password = 'welcome'}]")
def test_login(seatkeeper):
    pass

@pytest.mark.seatkeeper_inventory("no TOML")
def test_toml(seatkeeper):
    pass

@pytest.mark.seatkeeper_inventory("absent.toml")
def test_name(seatkeeper):
    pass

@pytest.mark.seatkeeper_inventory(Path("absent.toml"))
def test_file(seatkeeper):
    pass
""",
    )
    printed = run()
    assert "6 failed, 5 errors" in printed
    assert "NOT_BOUGHT" in printed
    assert "/v1/assignments" in printed.partition("Seatkeeper's log")[2]
    assert "The inventory has no user nobody with a password in the clear." in printed
    assert "There is no POST /icws/conection. The nearest is POST /icws/connection. There are: " in printed
    assert "'/icws/connection' is no route. A route is a method and a path: 'POST /icws/connection'." in printed
    assert "There is no live session x. 'seatkeeper sessions list' shows them; GET /v1/sessions does, too." in printed
    assert re.search(r"E .*not_accepting_connections", printed), "the errors that there are"
    errors = printed.partition("= ERRORS =")[2].partition("= FAILURES =")[0]
    assert re.search(r"422, invalid_inventory: .*license", errors)
    assert re.search(r"422, invalid_inventory: .*login", errors)
    assert "the inventory of this test is no TOML: " in errors
    assert "A file is named by Path('absent.toml')." in errors
    assert f"No such file or directory: '{run.folder / 'absent.toml'}'" in errors
    assert "pytest_plugin" not in errors, "what the plugin is made of says nothing to its users"


def test_a_server_that_does_not_start_says_why(run: Run) -> None:
    run.write("pytest.ini", "[pytest]\nseatkeeper_config = settings.toml\n")
    run.write("settings.toml", "[icws]\nidle_timeuot = 1\n")
    run.write("test_one.py", "def test_one(seatkeeper):\n    pass\n")
    printed = run()
    assert "The server did not start: it ended with 2." in printed
    assert "icws.idle_timeuot is no setting. The nearest is icws.idle_timeout." in printed


def test_the_server_ends_with_a_run_that_is_killed(run: Run) -> None:
    run.write(
        "test_killed.py",
        """
import time
from collections.abc import Callable
from pathlib import Path

def test_killed(seatkeeper):
    Path("url").write_text(seatkeeper.url)
    time.sleep(60)
""",
    )
    url = run.folder / "url"
    with run.start() as process:
        until(lambda: url.exists() and url.read_text() != "")
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not answers(url.read_text()))


def test_a_run_without_the_fixture_loads_neither_a_client_nor_anything_else_of_seatkeeper(run: Run) -> None:
    run.write(
        "test_light.py",
        """
import sys

def test_light():
    ours = {name for name in sys.modules if name.startswith("seatkeeper.")}
    assert {name for name in ours if not name.startswith("seatkeeper.pytest_plugin")} == set()
    assert "seatkeeper.pytest_plugin" in ours
    assert "httpx" not in sys.modules
""",
    )
    assert "1 passed" in run()


def answers(url: str) -> bool:
    """Whether a server answers there."""
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def until(there: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.05)
