"""Users as they log on."""

from functools import partial

import pytest

from seatkeeper.licensing.entities import User
from seatkeeper.queries.reads import Reads
from seatkeeper.queries.roster import users_page
from seatkeeper.queries.users import account_by_login

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("login", ["Agent01", "agent01", " AGENT01 "])
async def test_a_living_user_is_found_in_any_case(reads: Reads, login: str) -> None:
    account = await reads.run(lambda connection: account_by_login(connection, login))
    assert account
    assert account.password_hash == "hash of agent01"
    assert account.user == User(2, "Agent01", "Agent01", "en-US", roles=("operator",), stations=(5,))


async def test_a_user_without_a_password_is_found_without_a_hash(reads: Reads) -> None:
    account = await reads.run(lambda connection: account_by_login(connection, "agent02"))
    assert account
    assert (account.password_hash, account.user.stations) == (None, None)


@pytest.mark.parametrize(
    ("after", "logins"),
    [(None, ["Agent01", "agent02"]), ("AGENT01", ["agent02"]), ("agent01\0", ["agent02"]), ("agent0\0", ["Agent01"])],
)
async def test_users_follow_a_login_whatever_it_is(reads: Reads, after: str | None, logins: list[str]) -> None:
    page = await reads.run(partial(users_page, owner="ININ", after=after, limit=max(len(logins), 1)))
    assert [each.user.login for each in page] == logins


@pytest.mark.parametrize("login", ["agent03", "", "agent01' OR 1=1 --", "\x00", "\ud800"])
async def test_nobody_is_found_by_another_name(reads: Reads, login: str) -> None:
    assert await reads.run(lambda connection: account_by_login(connection, login)) is None
