"""The lock of a runtime: whether it is taken, and taking it away (contract 4)."""

import pytest

from tests.mobilefirst.client import TEXT_XML, XML, told
from tests.mobilefirst.documents import xml_of
from tests.mobilefirst.world import World


def path_of(runtime: str) -> str:
    return f"/runtimes/{runtime}/lock"


@pytest.mark.mobilefirst("4 GET /runtimes/{runtime}/lock", "4 busy")
@pytest.mark.parametrize("role", ["mfpadmin", "mfpdeployer", "mfpmonitor", "mfpoperator"])
def test_all_four_roles_see_whether_the_lock_is_taken(world: World, runtime: str, role: str) -> None:
    with world.client(role) as caller:
        assert caller.read(path_of(runtime)) == {"busy": False}


@pytest.mark.mobilefirst("4 DELETE /runtimes/{runtime}/lock", "5.1 mfpadmin may read, deploy and release the lock")
def test_the_lock_of_a_runtime_where_nothing_happens_can_be_released(world: World, runtime: str) -> None:
    with world.client("mfpadmin") as caller:
        answer = caller.delete(path_of(runtime))
    assert (answer.status_code, answer.json()) == (200, {"busy": False})
    assert world.admin.configure(runtime, world.application())["ok"] is True


@pytest.mark.mobilefirst("4 the XML root is lock")
@pytest.mark.parametrize("media_type", [XML, TEXT_XML])
def test_in_xml_a_lock_is_one_element(world: World, runtime: str, media_type: str) -> None:
    for method in ("GET", "DELETE"):
        answer = world.admin.http.request(method, path_of(runtime), headers={"Accept": media_type})
        root = xml_of(answer, "lock", media_type)
        assert (root.tag, dict(root.attrib)) == ("lock", {"busy": "false"})


@pytest.mark.mobilefirst("4 403")
def test_nobody_without_a_role_sees_a_lock(world: World, runtime: str) -> None:
    with world.client("operator") as caller:
        assert caller.get(path_of(runtime)).status_code == 403


@pytest.mark.mobilefirst("4 DELETE 403 for all but mfpadmin", "4 403")
@pytest.mark.parametrize("role", ["mfpdeployer", "mfpmonitor", "mfpoperator"])
def test_only_an_administrator_may_release_a_lock(world: World, runtime: str, role: str) -> None:
    with world.client(role) as caller:
        answer = caller.delete(path_of(runtime))
    assert answer.status_code == 403
    assert "mfpadmin" in told(answer)


@pytest.mark.mobilefirst("4 404 for a runtime that is not there")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_404_for_the_lock_of_a_runtime_that_is_not_there(world: World, method: str) -> None:
    answer = world.admin.http.request(method, path_of("nowhere"))
    assert (answer.status_code, told(answer).partition(":")[0]) == (404, "FWLSE3030E")
