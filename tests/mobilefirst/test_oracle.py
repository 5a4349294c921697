"""What a conforming server must show, point by point of the contract's section 10."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.mobilefirst.client import DEADLINE, TEXT_XML, XML, Client
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World

AT_ONCE = 12


def test_1_what_was_posted_is_read_back_unchanged_in_json_and_both_xml_types(
    world: World, runtime: str, application: str
) -> None:
    sent = {"appID": application, "category": "UNDEFINED", "licenseType": "ADDITIONAL_BRAND_DEPLOYMENT"}
    path = f"/runtimes/{runtime}/license"
    assert world.deployer.post(path, sent).status_code == 200
    assert world.monitor.read(f"{path}/{application}") == sent
    for media_type in (XML, TEXT_XML):
        answer = world.monitor.get(f"{path}/{application}", headers={"Accept": media_type})
        assert dict(xml_of(answer, "license", media_type).attrib) == sent


def test_2_an_application_that_is_not_registered_can_be_configured(
    world: World, runtime: str, application: str
) -> None:
    assert world.monitor.get(f"/runtimes/{runtime}/applications/{application}").status_code == 404
    assert world.deployer.configure(runtime, application)["transaction"]["status"] == "SUCCESS"


def test_3_the_id_of_a_post_is_that_of_its_transaction(world: World, runtime: str, application: str) -> None:
    result = world.deployer.configure(runtime, application)
    found = world.monitor.read(f"/runtimes/{runtime}/transactions/{result['transaction']['id']}")
    assert found == {**result["transaction"], "productVersion": result["productVersion"]}


def test_4_an_asynchronous_one_is_answered_before_it_ends_and_ends(
    world: World, runtime: str, application: str
) -> None:
    begun = world.deployer.configure(runtime, application, **{"async": "true"})["transaction"]
    assert begun["status"] == "PENDING"
    assert world.monitor.ended(runtime, begun["id"])["status"] == "SUCCESS"


def test_5_a_stranger_is_401_a_reader_403_an_unknown_runtime_404_and_an_empty_body_400(
    world: World, http: httpx.Client, runtime: str, application: str
) -> None:
    path, sent = f"/runtimes/{runtime}/license", {"appID": application, "category": "B2C"}
    stranger = http.post(path, json=sent)
    assert (stranger.status_code, stranger.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Basic")
    assert [each.post(path, sent).status_code for each in (world.monitor, world.operator)] == [403, 403]
    assert world.deployer.post("/runtimes/nowhere/license", sent).status_code == 404
    assert world.deployer.post(path).status_code == 400


def test_6_what_was_deleted_is_404(world: World, runtime: str, application: str) -> None:
    world.deployer.configure(runtime, application)
    path = f"/runtimes/{runtime}/license/{application}"
    assert world.deployer.delete(path).json()["ok"] is True
    assert world.monitor.get(path).status_code == 404


@pytest.mark.mobilefirst(
    "3.1 transactions of one runtime run one after the other, and waiting ones succeed",
    "3.1 ids rise, and are shared by all runtimes",
)
def test_7_concurrent_posts_to_one_runtime_all_end_as_success_with_unique_rising_ids(world: World) -> None:
    """Every other one is asynchronous, so that there is a line in which the synchronous ones wait."""
    runtime = world.runtime()
    applications = [world.application() for _ in range(AT_ONCE)]
    before = world.deployer.configure(runtime, world.application())["transaction"]["id"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(world.deployer.configure, runtime, application, **{"async": str(bool(number % 2)).lower()})
            for number, application in enumerate(applications)
        ]
        results = [each.result(timeout=DEADLINE)["transaction"] for each in asked]
    assert {result["status"] for result in results[::2]} == {"SUCCESS"}
    ended = [world.monitor.ended(runtime, result["id"]) for result in results]
    assert {each["status"] for each in ended} == {"SUCCESS"}
    ids = sorted(each["id"] for each in ended)
    assert len(set(ids)) == AT_ONCE
    assert min(ids) > before
    assert world.deployer.configure(runtime, world.application())["transaction"]["id"] > max(ids)
    in_order = sorted(ended, key=lambda each: each["id"])
    assert [each["timeCreated"] for each in in_order] == sorted(each["timeCreated"] for each in ended)
    assert [each["timeUpdated"] for each in in_order] == sorted(each["timeUpdated"] for each in ended)


@pytest.mark.mobilefirst("6.1 GET /runtimes", "5.2 JSON without Accept and for */*")
def test_8_the_check_for_default_credentials_finds_what_it_looks_for(world: World, runtime: str) -> None:
    with Client(world.url, world.monitor.login) as caller:
        del caller.http.headers["Accept"]
        answer = caller.get("/runtimes")
    assert answer.status_code == 200
    assert "application/json" in answer.headers["Content-Type"]
    for key in ("productVersion", "synchronizationStatus", "management-apis", runtime):
        assert key in answer.text
