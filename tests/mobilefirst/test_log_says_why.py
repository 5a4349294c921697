"""The access log says who asked what about which application, why he was refused, and no secret."""

import ast
import time

import httpx

from tests.mobilefirst.client import DEADLINE, told
from tests.mobilefirst.world import World


def line_of(world: World, answer: httpx.Response) -> str:
    """The line of a request in the access log."""
    request = f"request_id={answer.headers['x-request-id']} "
    until = time.monotonic() + DEADLINE  # the line is written behind the answer
    while not (lines := [each for each in world.server.log.read_text().splitlines() if request in each]):
        assert time.monotonic() < until, world.server.tail()
        time.sleep(0.01)
    return lines[0]


def why(world: World, answer: httpx.Response) -> str | None:
    """What the line of a request in the access log says of why it was refused."""
    _, there, said = line_of(world, answer).partition(" why=")
    return str(ast.literal_eval(said)) if there else None


def test_a_refusal_has_its_reason_in_english_whatever_the_client_reads(
    world: World, runtime: str, application: str
) -> None:
    path = f"/runtimes/{runtime}/license/{application}"
    english = world.monitor.get(path)
    german = world.monitor.get(path, params={"locale": "de_DE"})
    assert told(english) != told(german)
    said = f"Application {application} of runtime {runtime} has no license configuration."
    assert why(world, english) == why(world, german) == said
    line = line_of(world, english)
    assert f" user={world.monitor.login} " in line
    assert f" about={runtime}/{application} " in line
    assert " face=mobilefirst " in line
    assert " outcome=FWLSE30302E " in line


def test_a_change_that_is_refused_is_told_with_its_application(world: World, application: str) -> None:
    stopped = world.runtime(running=False)
    answer = world.deployer.post(f"/runtimes/{stopped}/license", {"appID": application, "category": "B2C"})
    assert answer.status_code == 404
    assert f" about={stopped}/{application} " in line_of(world, answer)


def test_a_transaction_that_failed_is_told_with_its_error_in_english(world: World, runtime: str) -> None:
    application = world.application(runtime, "android 1.0", category="B2C")
    answer = world.deployer.delete(f"/runtimes/{runtime}/license/{application}", params={"locale": "de_DE"})
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    line = line_of(world, answer)
    assert f" about={runtime}/{application} " in line
    assert " outcome=FWLSE30303E " in line
    said = why(world, answer)
    assert said is not None
    assert application in said
    assert f"FWLSE30303E: {said}" not in answer.text, "the client reads it in German"
    english = world.deployer.delete(f"/runtimes/{runtime}/license/{application}")
    assert english.json()["transaction"]["errors"] == [{"details": f"FWLSE30303E: {said}"}]


def test_a_long_name_makes_no_long_line(world: World, runtime: str) -> None:
    answer = world.deployer.post(f"/runtimes/{runtime}/license", {"appID": "x" * 100_000, "category": "B2C"})
    assert answer.status_code == 400
    assert len(line_of(world, answer)) < 2_000


def test_a_missing_role_is_told_with_whose_it_is(world: World, runtime: str) -> None:
    answer = world.monitor.delete(f"/runtimes/{runtime}/lock")
    assert why(world, answer) == f"{world.monitor.login} may not do this; it needs one of the roles mfpadmin."
    assert f" about={runtime} " in line_of(world, answer)


def test_whoever_is_not_let_in_is_not_named_by_what_he_typed(world: World, http: httpx.Client) -> None:
    """What stands where a login should may be a password. No face of the server logs it."""
    answer = http.get("/runtimes", auth=("a-password-in-the-wrong-place", "another"))
    assert (answer.status_code, why(world, answer)) == (401, "The user or the password is wrong.")
    line = line_of(world, answer)
    assert "a-password" not in line
    assert " user=None " in line


def test_what_somebody_sends_before_he_is_known_is_not_repeated(world: World, http: httpx.Client) -> None:
    answer = http.get("/a-password-in-the-wrong-place")
    assert (answer.status_code, why(world, answer)) == (404, None)


def test_what_went_well_has_no_reason(world: World, runtime: str) -> None:
    answer = world.monitor.get(f"/runtimes/{runtime}/lock")
    assert why(world, answer) is None
    assert " outcome=ok " in line_of(world, answer)


def test_requests_are_counted_by_the_pattern_of_their_path(world: World, runtime: str, application: str) -> None:
    world.deployer.configure(runtime, application)
    answer = httpx.get(
        f"{world.url}/metrics", headers={"Authorization": world.house.headers["Authorization"]}, trust_env=False
    )
    assert answer.status_code == 200
    labels = 'face="mobilefirst",method="POST",route="/management-apis/2.0/runtimes/{runtime}/license",status="2xx"'
    assert f"seatkeeper_http_request_duration_seconds_count{{{labels}}}" in answer.text
    assert application not in answer.text
