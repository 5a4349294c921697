"""Secrets that the server makes: a session's two and the admin token. Only digests of a session's are stored.

The secrets are random and long, so a plain SHA-256 is enough to store them by: there is nothing to guess.
"""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
import uuid
from pathlib import Path
from typing import Final

from msgspec import Struct

ADMIN_TOKEN: Final = "admin-token"  # noqa: S105 - the name of its file in the data directory

_GUID_BYTES = 16
_CSRF_BYTES = 24
_ADMIN_TOKEN_BYTES = 32


class SessionSecrets(Struct, frozen=True, gc=False):
    """What a new session's client is given (contract 1.3), and the digests that are kept of it.

    `cookie` is a GUID, `csrf` an opaque base64 text; real servers' clients have seen both so.
    """

    cookie: str
    csrf: str
    cookie_digest: bytes
    csrf_digest: bytes

    def __repr__(self) -> str:
        return "SessionSecrets(…)"


class UnusableToken(Exception):
    """The file of the admin token cannot be relied on; the text says why and what to do."""


def new_secret(nbytes: int = 32) -> str:
    """A random text of `nbytes` bytes of entropy, safe in URLs and headers."""
    return secrets.token_urlsafe(nbytes)


def new_session_secrets() -> SessionSecrets:
    """Fresh secrets for one session."""
    # Both at once: asking for randomness lets go of the interpreter lock, which a busy writer is slow to give back.
    random = secrets.token_bytes(_GUID_BYTES + _CSRF_BYTES)
    cookie = str(uuid.UUID(bytes=random[:_GUID_BYTES], version=4))
    csrf = base64.b64encode(random[_GUID_BYTES:]).decode("ascii")
    return SessionSecrets(cookie, csrf, digest(cookie), digest(csrf))


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret. Any text a client may send has one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def matches(stored: bytes, secret: str) -> bool:
    """Whether `secret` is the one that `stored` is the digest of; takes the same time whatever differs."""
    return hmac.compare_digest(stored, digest(secret))


def admin_token(path: Path) -> str:
    """The admin token kept in `path`; made there, readable by its owner only, if the file does not exist.

    Raises UnusableToken when others can read the file or it holds no token, and OSError when it cannot be read or made.
    """
    token = read_admin_token(path)
    return _make_admin_token(path) if token is None else token


def read_admin_token(path: Path) -> str | None:
    """The admin token kept in `path`, or None when there is no such file. Raises as `admin_token` does."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise UnusableToken(
                    f"{path} can be read by other users of this machine, so its token is no secret any more. "
                    f"Delete the file: the next start of the server makes a new token."
                )
            token = file.read().strip()
    except FileNotFoundError:
        return None
    if not token:
        raise UnusableToken(f"{path} is empty. Delete it: the next start of the server makes a new token.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UnusableToken(
            f"{path} holds something else than a token. Delete it: the next start of the server makes a new token."
        )
    return token


def _make_admin_token(path: Path) -> str:
    token = new_secret(_ADMIN_TOKEN_BYTES)
    # A file of mkstemp is its owner's only from the first moment on; renaming lets nobody see half a token.
    descriptor, made = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    return token
