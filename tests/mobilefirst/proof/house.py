"""The server of the proof, and those who call it: started, held, halted, killed, and started again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.mobilefirst.client import OVER
from tests.mobilefirst.held import HeldWorld
from tests.server_process import ServerProcess

APPLICATION_TOKEN: Final = "ibmmfpfa"
BRAND_TOKEN: Final = "ibmmfpabd"
_SECONDS: Final = 20.0
_ENVIRONMENT: Final = {"SEATKEEPER_MOBILEFIRST_COUNT_TOKENS": "true", "SEATKEEPER_TESTING": "true"}

Transaction = dict[str, Any]


class HaltingServer(ServerProcess):
    """`seatkeeper serve` that can be halted in a commit (launcher.py)."""

    module = "tests.mobilefirst.proof.launcher"


class House:
    """A server that counts tokens, and as `world` those who call it, anew after each start.

    `plant`: the name of a defect that is planted in the server.
    """

    def __init__(self, folder: Path, plant: str = "") -> None:
        self._halts = folder / "halts"
        self._halts.mkdir()
        environment = {**_ENVIRONMENT, "HALTS": str(self._halts), "PLANT": plant}
        self.server = HaltingServer(folder / "data", (), environment)
        self.world: HeldWorld

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.server.start()
        self.world = HeldWorld(self.server)

    def launch(self) -> None:
        """Start it, and do not wait: it is to halt before it is ready."""
        self.server.launch()

    def kill(self) -> None:
        """Kill it without warning; no order stands any more."""
        self.server.kill()
        self.world.close()
        for order in self._halts.iterdir():
            order.unlink()

    def halt(self, moment: str, status: str) -> None:
        """Let the commit in which a transaction comes to this status halt."""
        new = self._halts / "new"
        new.write_text(f"{moment} {status}")
        new.replace(self._halts / "halt")

    def wait_until_halted(self) -> None:
        """Wait until it has halted. Raises AssertionError where it does not."""
        deadline = time.monotonic() + _SECONDS
        while not (self._halts / "halted").exists():
            assert time.monotonic() < deadline, f"the server did not halt; its log ends:\n{self.server.tail()}"
            time.sleep(0.005)

    def transactions(self, runtime: str) -> list[Transaction]:
        """All transactions of a runtime in their order, as soon as all are over, or will not be it seems."""
        deadline = time.monotonic() + _SECONDS
        while True:
            listed = self.world.monitor.read(f"/runtimes/{runtime}/transactions", pageSize="1000")["items"]
            if all(each["status"] in OVER for each in listed) or time.monotonic() > deadline:
                return list(listed)
            time.sleep(0.02)

    def configuration(self, runtime: str, application: str) -> dict[str, str] | None:
        """The license configuration of an application, or None."""
        answer = self.world.monitor.get(f"/runtimes/{runtime}/license/{application}")
        assert answer.status_code in (200, 404), answer.text
        return answer.json() if answer.status_code == 200 else None

    def tokens_taken(self) -> dict[str, int]:
        """How many tokens of each kind applications have."""
        answer = self.world.house.get("/licenses")
        assert answer.status_code == 200, answer.text
        taken = {each["name"]: each["assigned"] for each in answer.json()["licenses"]}
        return {name: taken.get(name, 0) for name in (APPLICATION_TOKEN, BRAND_TOKEN)}

    def is_busy(self, runtime: str) -> bool:
        """Whether a transaction has a runtime's lock."""
        return bool(self.world.monitor.read(f"/runtimes/{runtime}/lock")["busy"])


@contextmanager
def house_in(folder: Path, plant: str = "") -> Iterator[House]:
    """A started house in an empty directory; its server is killed in the end."""
    house = House(folder, plant)
    house.start()
    try:
        yield house
    finally:
        house.server.kill()
        house.world.close()
