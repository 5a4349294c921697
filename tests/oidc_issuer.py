"""An OpenID Connect issuer: a real HTTP server with discovery and keys, that signs tokens, and can misbehave."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

AUDIENCE = "seatkeeper"


class OpenIdIssuer:
    """`documents` maps its paths to what it serves there now: a value for JSON, or a function that answers itself."""

    def __init__(self) -> None:
        self.keys: dict[str, RSAKey | ECKey] = {"first": RSAKey.generate_key(2048, {"kid": "first"})}
        self.asked: list[str] = []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                served = issuer.documents.get(self.path)
                if callable(served):
                    served(self)
                elif served is None:
                    self.send_error(404)
                else:
                    send(self, json.dumps(served).encode())

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/realm"
        self.documents: dict[str, Any] = {}
        self.behave()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def behave(self) -> None:
        """Serve what an issuer serves."""
        self.documents["/realm/.well-known/openid-configuration"] = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
        }
        self.documents["/realm/keys"] = KeySet(list(self.keys.values())).as_dict(private=False)

    def add_key(self, kid: str, key: RSAKey | ECKey) -> None:
        """Sign with this key from now on, if asked to, and publish it."""
        self.keys[kid] = key
        self.behave()

    def claims(self, login: str, **others: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """What a good token of this user says, for five minutes. A claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "1", "iat": now, "exp": now + 300}
        return {
            name: value
            for name, value in {**claims, "preferred_username": login, **others}.items()
            if value is not None
        }

    def token(self, login: str, *, kid: str = "first", alg: str = "RS256", **others: Any) -> str:  # noqa: ANN401
        """A token that this issuer has signed."""
        return jwt.encode({"alg": alg, "kid": kid}, self.claims(login, **others), self.keys[kid], algorithms=[alg])

    def close(self) -> None:
        """Stop serving; connections are refused from now on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    """Answer with a body."""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def misbehaving(issuer: OpenIdIssuer, path: str, served: object) -> Iterator[None]:
    """Serve something else below the realm for a while."""
    issuer.documents[f"/realm/{path}"] = served
    try:
        yield
    finally:
        issuer.behave()


def failing(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer that is an error."""
    return lambda handler: send(handler, b"{}", status)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, and is never silent either."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        return  # the other side has had enough
