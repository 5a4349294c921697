"""Whatever the rules refuse, and whatever ends a transaction, has a status and a message code (contract 11)."""

import re

import pytest

from seatkeeper.licensing.deployment import Fault
from seatkeeper.licensing.refusals import Code
from seatkeeper.mobilefirst.message_codes import CODE_OF, TOLD

CODE = re.compile("FWLSE[0-9]{4,5}[EWI]")


def test_every_refusal_is_told() -> None:
    assert set(TOLD) == set(Code)


@pytest.mark.parametrize("code", Code)
def test_a_refusal_is_the_callers_to_mend_unless_the_line_is_full(code: Code) -> None:
    assert TOLD[code].status in ({503} if code is Code.LINE_FULL else {400, 404, 409})
    assert CODE.fullmatch(TOLD[code].code)


def test_every_fault_of_a_transaction_has_a_code() -> None:
    assert set(CODE_OF) == set(Fault)
    assert all(CODE.fullmatch(code) for code in CODE_OF.values())
