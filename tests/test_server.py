"""How the parts meet: which face gets a request, and what the server says of itself."""

import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from seatkeeper.ledger.door import DataDirectoryInUse
from seatkeeper.server.house import House
from seatkeeper.server.opening import opened
from seatkeeper.settings import IcwsSettings, LimitsSettings, Settings, SettingsError, SuperOfficeSettings
from seatkeeper.transport.listener import listening_at

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    settings = Settings(data=tmp_path / "data", limits=LimitsSettings(body=4096, inventory_body=8192))
    async with opened(settings) as house:
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house), base_url="http://house") as client:
        yield client


async def test_health_and_readiness_are_told_apart_while_it_stops(house: House, client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).status_code == 200
    house.stop_streams()
    stopping = await client.get("/readyz")
    assert (stopping.status_code, stopping.headers["retry-after"]) == (503, "1")
    assert stopping.json()["status"] == "stopping"
    assert (await client.get("/healthz")).status_code == 200


async def test_readiness_ends_with_the_ledger(tmp_path: Path) -> None:
    async with opened(Settings(data=tmp_path / "data")) as house:
        pass
    async with httpx.AsyncClient(transport=httpx.ASGITransport(house), base_url="http://house") as client:
        assert (await client.get("/readyz")).status_code == 503


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_can_only_be_read(client: httpx.AsyncClient, path: str) -> None:
    refused = await client.post(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("prefix", ["icws", "ICWS", "Icws"])
async def test_the_icws_face_answers_below_its_segment_in_any_case(client: httpx.AsyncClient, prefix: str) -> None:
    answer = await client.get(f"/{prefix}/connection/features")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/vnd.inin.icws+JSON")


async def test_the_admin_face_answers_below_v1(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert "/sessions" in (await client.get("/v1/openapi.json")).json()["paths"]
    assert (await client.get("/v1/sessions")).status_code == 401
    token = (tmp_path / "data" / "admin-token").read_text().strip()
    listed = await client.get("/v1/sessions", headers={"Authorization": f"Bearer {token}"})
    assert listed.json() == {"sessions": []}


@pytest.mark.parametrize(
    ("paths", "there", "not_there"),
    [
        (("/",), {"/api", "/API/", "/Login"}, {"/SuperOffice/api", "/crm/api"}),
        (("/crm/One", "/Two"), {"/CRM/one/api", "/two/api/", "/Two/login"}, {"/api", "/Login", "/crm/api", "/one/api"}),
        ((), set(), {"/api", "/Login", "/SuperOffice/api"}),
    ],
)
async def test_the_superoffice_face_answers_below_each_application_path(
    tmp_path: Path, paths: tuple[str, ...], there: set[str], not_there: set[str]
) -> None:
    settings = Settings(data=tmp_path / "data", superoffice=SuperOfficeSettings(paths=paths))
    async with (
        opened(settings) as house,
        httpx.AsyncClient(transport=httpx.ASGITransport(house), base_url="http://house") as client,
    ):
        for path in there:
            assert (await client.get(path)).status_code == 200, path
        for path in not_there:
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found"), path
        assert (await client.get("/icws/connection/features")).status_code == 200


async def test_a_request_beyond_a_limit_is_answered_in_the_shape_of_its_face(client: httpx.AsyncClient) -> None:
    icws = await client.post("/icws/connection", content=b" " * 5000)
    assert icws.status_code == 413
    assert icws.headers["content-type"].startswith("application/vnd.inin.icws+JSON")
    assert "4096" in icws.json()["message"]
    admin = await client.post("/v1/assignments", content=b" " * 5000)
    assert admin.status_code == 413
    assert "4096" in admin.json()["message"]


@pytest.mark.parametrize(
    ("path", "longest"),
    [
        ("/v1/inventory", 8192),
        ("/V1/Inventory/plan", 8192),
        ("/v1/inventoryx", 4096),
        ("/v1/users/inventory", 4096),
        ("/icws/v1/inventory", 4096),
    ],
)
async def test_an_inventory_may_be_longer_than_another_request(
    client: httpx.AsyncClient, path: str, longest: int
) -> None:
    assert (await client.post(path, content=b" " * longest)).status_code in {401, 404, 405}
    beyond = await client.post(path, content=b" " * (longest + 1))
    assert beyond.status_code == 413
    assert f"at most {longest} bytes" in beyond.json()["message"]


@pytest.mark.parametrize("path", ["/", "/connection", "/icwsx", "/v2/sessions", "//icws/connection"])
async def test_a_path_of_no_face_is_a_404_that_names_the_faces(client: httpx.AsyncClient, path: str) -> None:
    missing = await client.get(f"http://house{path}")
    assert missing.status_code == 404
    assert "What is here is below /icws, /v1, /metrics, /api," in missing.json()["message"]


@pytest.mark.usefixtures("house")
async def test_a_data_directory_is_held_by_one(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryInUse):
        async with opened(Settings(data=tmp_path / "data")):
            pass


async def test_the_token_of_the_first_start_stays(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    tokens = set()
    for _ in range(2):
        async with opened(settings):
            tokens.add((tmp_path / "data" / "admin-token").read_text())
    assert len(tokens) == 1


async def test_a_hash_of_outdated_parameters_is_replaced_at_log_on(client: httpx.AsyncClient, tmp_path: Path) -> None:
    outdated = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("old-secret")
    inventory = f"""[[users]]
login = "operator01"
display_name = "Operator 01"
roles = ["operator"]
password_hash = "{outdated}"
"""
    token = (tmp_path / "data" / "admin-token").read_text().strip()
    applied = await client.post("/v1/inventory", content=inventory, headers={"Authorization": f"Bearer {token}"})
    assert applied.status_code == 200, applied.text
    assert stored_hash(tmp_path) == outdated
    assert (await client.get("/v1/sessions", auth=("operator01", "old-secret"))).status_code == 200
    assert "m=19456,t=2,p=1" in stored_hash(tmp_path)
    assert (await client.get("/v1/sessions", auth=("operator01", "old-secret"))).status_code == 200


def stored_hash(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "data" / "seatkeeper.db")) as database:
        return str(database.execute("SELECT password_hash FROM credentials").fetchone()[0])


async def test_a_setting_that_only_its_face_can_judge_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"icws\.retired"):
        async with opened(Settings(data=tmp_path / "data", icws=IcwsSettings(retired=("nothing",)))):
            pass


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this operating system has no TCP_USER_TIMEOUT")
def test_a_client_that_is_gone_without_a_word_is_noticed_within_half_a_minute() -> None:
    with closing(listening_at("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()[:2]):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
