"""Passwords are hashed as decision 26 says, and verified without telling why one is wrong."""

import os
import sys
import threading
from collections.abc import Iterator

import argon2
import pytest

from seatkeeper.identity.passwords import Passwords, is_password_hash

pytestmark = pytest.mark.anyio

WEAK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(threads=1)
    yield made
    made.close()


async def test_hashes_are_argon2id_with_19_mib_2_passes_1_lane(passwords: Passwords) -> None:
    assert (await passwords.hash("secret")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_right_password_fits_and_another_does_not(passwords: Passwords) -> None:
    stored = await passwords.hash("secret")
    assert await passwords.verify(stored, "secret")
    assert not await passwords.verify(stored, "Secret")
    assert not await passwords.verify(stored, "")


async def test_no_password_fits_a_user_without_one(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "nobody's password")


@pytest.mark.parametrize("stored", ["", "secret", "$argon2id$v=19$m=19456,t=2,p=1$bad", "$2b$12$abc"])
async def test_no_password_fits_what_is_no_hash(passwords: Passwords, stored: str) -> None:
    assert not is_password_hash(stored)
    assert not await passwords.verify(stored, "nobody's password")
    assert not await passwords.verify(stored, stored)


async def test_a_hash_too_costly_to_check_is_none(passwords: Passwords) -> None:
    costly = WEAK.hash("secret").replace("m=8,", "m=4194304,")
    assert not is_password_hash(costly)
    assert not await passwords.verify(costly, "secret")


async def test_any_text_can_be_a_password(passwords: Passwords) -> None:
    for password in ("", "\ud800", "pässwörd\0", "x" * 100_000):
        assert await passwords.verify(await passwords.hash(password), password)


async def test_a_hash_of_other_parameters_still_fits_and_is_outdated(passwords: Passwords) -> None:
    old = WEAK.hash("secret")
    assert is_password_hash(old)
    assert await passwords.verify(old, "secret")
    assert passwords.outdated(old)
    assert not passwords.outdated(await passwords.hash("secret"))


async def test_hashes_that_do_not_last_take_least_work_and_none_is_made_anew() -> None:
    passwords = Passwords(1, lasting=False)
    try:
        stored = await passwords.hash("secret")
        assert argon2.extract_parameters(stored).memory_cost == 8
        assert await passwords.verify(stored, "secret")
        assert not await passwords.verify(stored, "other")
        brought = argon2.PasswordHasher().hash("secret")
        assert await passwords.verify(brought, "secret")
        assert not passwords.outdated(brought)
    finally:
        passwords.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere niceness is not a thread's own")
async def test_threads_that_hash_let_others_go_first(passwords: Passwords) -> None:
    await passwords.hash("secret")
    [hashing] = [thread for thread in threading.enumerate() if thread.name.startswith("passwords")]
    assert hashing.native_id is not None
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert os.getpriority(os.PRIO_PROCESS, hashing.native_id) == min(own + 10, 19)
