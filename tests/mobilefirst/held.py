"""A server whose transactions tests hold in a state, look at, and let go again."""

import time
from typing import Any

from tests.mobilefirst.client import DEADLINE
from tests.mobilefirst.world import World
from tests.server_process import ServerProcess


class HeldWorld(World):
    """A world whose server has the setting `testing`, and so can pause transactions."""

    def __init__(self, server: ServerProcess) -> None:
        super().__init__(server)
        self._pauses: dict[str, int] = {}

    def hold(self, runtime: str, state: str, application: str | None = None) -> dict[str, Any]:
        """Begin to configure an application, a new one unless it is named, and hold it in a state; the transaction."""
        name = application or self.application()
        self.order(name, state)
        begun = self.admin.configure(runtime, name, **{"async": "true"})
        return self.reached(runtime, begun["transaction"]["id"], state)

    def order(self, application: str, state: str) -> None:
        """Have whatever is done to an application held in a state."""
        answer = self.house.post("/testing/pauses", json={"status": state, "application": application})
        assert answer.status_code == 201, answer.text
        self._pauses[application] = answer.json()["id"]

    def let_go(self, transaction: dict[str, Any]) -> None:
        """Let a transaction go on."""
        answer = self.house.delete(f"/testing/pauses/{self._pauses.pop(transaction['description']['name'])}")
        assert answer.status_code == 204, answer.text

    def reached(self, runtime: str, number: int, state: str) -> dict[str, Any]:
        """A transaction when it stands in this state."""
        deadline = time.monotonic() + DEADLINE
        while True:
            found: dict[str, Any] = self.monitor.read(f"/runtimes/{runtime}/transactions/{number}")
            if found["status"] == state:
                return found
            assert time.monotonic() < deadline, f"transaction {number} does not get to {state}: {found}"
            time.sleep(0.02)
