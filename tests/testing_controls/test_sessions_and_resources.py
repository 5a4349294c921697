"""Ending sessions for any reason, and retiring resources while the server runs."""

import httpx
import pytest

from tests.testing_controls.process import LICENSE, Server


@pytest.mark.parametrize(
    ("reason", "reconnects"),
    [
        ("idle", True),
        ("administrator", False),
        ("logged_on_elsewhere", False),
        ("user_deleted", False),
        ("logged_off", False),
    ],
)
def test_a_session_ends_for_a_reason_that_its_client_is_told(server: Server, reason: str, reconnects: bool) -> None:
    with server.log_on("agent02") as session, server.log_on("agent02", application="another") as other:
        assert session.status(LICENSE) == 2
        with session.stream() as events:
            assert server.admin.post(f"/testing/sessions/{session.id}/end", json={"reason": reason}).status_code == 204
            down = events.message()
            assert (down["newConnectionState"], down["shouldReconnect"]) == (2, reconnects)
            assert events.rest() == []
        state = session.call("GET", "connection").json()
        assert state == {"connectionState": 2, "reason": down["reason"], "shouldReconnect": reconnects}
        assert other.status(LICENSE) == 2, "its seat is free again"


def test_a_session_that_does_not_live_cannot_end(server: Server) -> None:
    with server.log_on() as session:
        wrong = server.admin.post(f"/testing/sessions/{session.id}/end", json={"reason": "boredom"})
        assert wrong.status_code == 422
        assert session.poll() == []
        for _ in range(2):
            ended = server.admin.post(f"/testing/sessions/{session.id}/end", json={"reason": "idle"})
        assert (ended.status_code, ended.json()["error"]) == (404, "session_ended")
    for unknown in ("1", "x", "9" * 40):
        assert server.admin.post(f"/testing/sessions/{unknown}/end", json={"reason": "idle"}).status_code == 404


def test_resources_and_features_are_retired_and_come_back(server: Server, http: httpx.Client) -> None:
    def features() -> set[str]:
        listed = http.get("/icws/connection/features").json()["featureInfoList"]
        return {each["featureId"] for each in listed}

    with server.log_on() as session:
        body = {"retired": ["messaging", "/licenses/license-stages"]}
        assert server.admin.put("/testing/retired", json=body).json() == body
        assert server.admin.get("/testing/retired").json() == body
        stages = session.call("POST", "licenses/license-stages", {"licenseStageOperationList": []})
        assert (stages.status_code, stages.json()["errorId"]) == (410, "error.request.unsupported")
        assert session.call("GET", "messaging/messages").status_code == 410
        assert session.status(LICENSE) == 2
        assert "messaging" not in features()
        refused = server.admin.put("/testing/retired", json={"retired": ["licences"]})
        assert refused.status_code == 422
        assert "there is no 'licences'" in refused.json()["message"]
        assert server.admin.get("/testing/retired").json() == body
        assert server.admin.put("/testing/retired", json={"retired": []}).json() == {"retired": []}
        assert session.poll() == []
        assert "messaging" in features()
