"""Secrets are random, stored as digests, and the admin token is its owner's only."""

import base64
import stat
import uuid
from pathlib import Path

import pytest

from seatkeeper.identity.secrets import (
    UnusableToken,
    admin_token,
    digest,
    matches,
    new_secret,
    new_session_secrets,
    read_admin_token,
)


def test_a_sessions_secrets_are_a_guid_and_a_base64_text() -> None:
    made = new_session_secrets()
    assert str(uuid.UUID(made.cookie)) == made.cookie
    assert len(base64.b64decode(made.csrf, validate=True)) == 24


def test_secrets_match_their_own_digests_only() -> None:
    made, other = new_session_secrets(), new_session_secrets()
    assert matches(made.cookie_digest, made.cookie)
    assert matches(made.csrf_digest, made.csrf)
    assert not matches(made.cookie_digest, other.cookie)
    assert not matches(made.csrf_digest, made.cookie)
    assert not matches(made.csrf_digest, "")


def test_any_text_a_client_sends_has_a_digest() -> None:
    assert not matches(digest("x"), "\ud800")


def test_secrets_do_not_show_themselves() -> None:
    made = new_session_secrets()
    assert made.csrf not in repr(made)
    assert made.cookie not in str(made)


def test_new_secrets_differ() -> None:
    assert len({new_secret() for _ in range(100)}) == 100


def test_the_admin_token_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    token = admin_token(path)
    assert len(token) >= 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert admin_token(path) == token
    assert list(tmp_path.iterdir()) == [path]


def test_an_admin_token_is_not_made_by_looking_for_it(tmp_path: Path) -> None:
    assert read_admin_token(tmp_path / "admin.token") is None
    assert list(tmp_path.iterdir()) == []


def test_an_admin_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    admin_token(path)
    path.chmod(0o644)
    with pytest.raises(UnusableToken, match="can be read by other users"):
        admin_token(path)


@pytest.mark.parametrize("content", [b"two words", b"two\nlines", b"\xff\xfe\xfd", b"a\0b"])
def test_an_admin_token_that_cannot_be_sent_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(UnusableToken, match="holds something else than a token"):
        admin_token(path)


def test_an_empty_admin_token_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "admin.token"
    path.touch(mode=0o600)
    with pytest.raises(UnusableToken, match="is empty"):
        admin_token(path)
