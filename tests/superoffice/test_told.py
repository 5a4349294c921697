"""How what goes wrong is told, without a server: nothing of the rules is left without an answer (contract 3, 7)."""

import pytest

from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.superoffice.errors import TOLD, of_refusal

MISSING = {
    Code.UNKNOWN_USER,
    Code.UNKNOWN_OWNER,
    Code.UNKNOWN_LICENSE,
    Code.UNKNOWN_STATION,
    Code.NO_STATION,
    Code.UNKNOWN_RUNTIME,
    Code.UNKNOWN_APPLICATION,
    Code.UNKNOWN_VERSION,
    Code.NO_CONFIGURATION,
}


def test_every_code_of_the_rules_has_its_answer() -> None:
    assert set(TOLD) == set(Code)


@pytest.mark.parametrize("rest", [False, True])
@pytest.mark.parametrize("code", Code)
def test_every_refusal_is_a_client_error_of_a_type_with_what_was_said(code: Code, rest: bool) -> None:
    failure = of_refusal(Refusal(code, "This is why."), rest=rest)
    assert 400 <= failure.status < 500
    assert failure.error_type.endswith("Exception")
    assert str(failure.said) == "This is why."
    assert ("WWW-Authenticate" in (failure.headers or {})) == (failure.status == 401)


@pytest.mark.parametrize("code", Code)
def test_only_a_rest_resource_says_404_and_only_of_what_is_not_there(code: Code) -> None:
    refusal = Refusal(code, "This is why.")
    assert of_refusal(refusal, rest=False).status != 404
    assert (of_refusal(refusal, rest=True).status == 404) == (code in MISSING)
