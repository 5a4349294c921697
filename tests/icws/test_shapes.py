"""Bodies read the quick way and by hand: the one that takes what is right finds nothing else than the other."""

import pytest

from seatkeeper.icws import shapes
from seatkeeper.icws.errors import Failure
from seatkeeper.licensing.commands import Stage

STAGE = b'{"stageName":"a","stageFailureAction":%b,"licenseList":["x"]%b}'
BODY = b'{"licenseStageOperationList":[%b]%b}'


def _stages(action: bytes = b"1", member: bytes = b"", beside: bytes = b"") -> bytes:
    return BODY % (STAGE % (action, member), beside)


def _found(body: bytes, *, by_hand: bool) -> tuple[Stage, ...] | tuple[str, ...]:
    try:
        return shapes._stages_by_hand(body, "ININ") if by_hand else shapes.read_stages(body, "ININ")  # noqa: SLF001
    except Failure as failure:
        return str(failure.status), str(failure.said), str(failure.body.property_name)


@pytest.mark.parametrize(
    "body",
    [
        _stages(),
        _stages(b"0"),
        _stages(member=b',"other":[1,{}]'),
        _stages(b"true"),
        _stages(b"1.0"),
        _stages(b"-0"),
        _stages(b"2"),
        _stages(b'"1"'),
        _stages(b"null"),
        _stages(b"1" * 400),
        _stages(member=b',"other":"\xff"'),
        _stages(member=b',"\xff":1'),
        _stages(member=b',"other":' + b"[" * 100_000 + b"]" * 100_000),
        _stages(beside=b',"other":' + b"[" * 100_000),
        _stages(beside=b',"licenseStageOperationList":[]'),
        _stages() + b" x",
        b"\xef\xbb\xbf" + _stages(),
        BODY % (b"", b""),
        BODY % (b'{"stageName":"a","stageFailureAction":1,"licenseList":[]}', b""),
        BODY % (b'{"stageName":"a","stageFailureAction":1,"licenseList":[%b]}' % b",".join([b'"x"'] * 1001), b""),
        BODY % (b'{"stageName":"%b","stageFailureAction":1,"licenseList":["x"]}' % (b"a" * 257), b""),
        b" ",
        b"[]",
    ],
)
def test_a_body_is_read_alike_the_quick_way_and_by_hand(body: bytes) -> None:
    assert _found(body, by_hand=False) == _found(body, by_hand=True)
