"""An ordinary HTTP client that speaks the NetServer WebAPI, as a program written for the vendor's server would."""

from types import TracebackType
from typing import Any, Self

import httpx

from tests.certificates import NOBODY

PASSWORD = "welcome-2026"

# Generous: how long an answer may take before a test gives up on it.
DEADLINE = 20.0


def open_http(url: str) -> httpx.Client:
    """A client without credentials."""
    return httpx.Client(base_url=url, timeout=DEADLINE, trust_env=False, verify=NOBODY)


class Desk:
    """Somebody who calls the API with his user and password on each request (Basic), unless other headers are given."""

    def __init__(self, url: str, login: str, associate_id: int, password: str = PASSWORD) -> None:
        self.login = login
        self.id = associate_id
        self.http = httpx.Client(
            base_url=f"{url}/api/v1",
            auth=httpx.BasicAuth(login, password),
            timeout=DEADLINE,
            trust_env=False,
            verify=NOBODY,
        )

    def post(self, method: str, request: object = None, **options: Any) -> httpx.Response:  # noqa: ANN401 - as httpx
        """Call an agent's method, e.g. `License/GetLicenseFromDB`, with a request in JSON, or with none."""
        return self.http.post(f"/Agents/{method}", json=request, **options)

    def call(self, method: str, request: object = None, **options: Any) -> Any:  # noqa: ANN401 - any JSON
        """What a method of an agent answers, which must be 200."""
        answer = self.post(method, request, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def assign(self, owner: str, *modules: str, to: int) -> httpx.Response:
        """AssignThirdPartyLicenses."""
        return self._link("Assign", owner, modules, to)

    def unassign(self, owner: str, *modules: str, of: int) -> httpx.Response:
        """UnassignThirdPartyLicenses."""
        return self._link("Unassign", owner, modules, of)

    def assigned(self, owner: str, to: int) -> list[str]:
        """The names that GetThirdPartyLicenseAssignments answers, in its order."""
        request = {"AssociateId": to, "ModuleOwner": owner}
        return [each["Name"] for each in self.call("License/GetThirdPartyLicenseAssignments", request)]

    def _link(self, verb: str, owner: str, modules: tuple[str, ...], associate_id: int) -> httpx.Response:
        request = {"AssociateId": associate_id, "ModuleOwner": owner, "ModuleLicenseNames": list(modules)}
        return self.post(f"License/{verb}ThirdPartyLicenses", request)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()
