"""One ICWS session as its client has it: each request is asked, its answer logged."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from tests.torture.inventory import PASSWORD
from tests.torture.log import Acquire, Connect, End, Entry, How, Message, Release, Subscribe, Use
from tests.torture.wire import Answer, NoAnswer, NotSent, Way
from tests.torture.world import World

_UP: Final = 1
_DOWN: Final = 2
_AVAILABLE: Final = 2
_TYPE: Final = "application/vnd.inin.icws+JSON"

Stages = list[tuple[tuple[str, ...], bool]]
"""License names of each stage, and whether its failure aborts those after it."""


class Exchange(NamedTuple):
    """When a request was sent and answered, and how; the last three are None and empty where it was not."""

    sent: int
    received: int | None = None
    status: int | None = None
    body: bytes = b""

    @property
    def content(self) -> Any:  # noqa: ANN401 - JSON of any shape
        """The body of a 200, decoded; None otherwise."""
        return msgspec.json.decode(self.body) if self.status == 200 and self.body else None


async def exchange(
    world: World,
    line: Way,
    request: tuple[str, str, dict[str, str], bytes],
    record: Callable[[Exchange], Entry],
) -> Answer:
    """Ask, and log what came of it. Raises NoAnswer, logged as well where anything was sent."""
    sent = world.now()
    try:
        answer = await line.ask(*request)
    except NotSent:
        raise
    except NoAnswer:
        world.log.write(_at(line, record(Exchange(sent))))
        raise
    world.log.write(_at(line, record(Exchange(sent, world.now(), answer.status, answer.body))))
    return answer


async def log_on(world: World, line: Way, user: str) -> "Session | None":
    """Open a session; None where that was refused. Raises NoAnswer."""
    body = {
        "__type": "urn:inin.com:connection:icAuthConnectionRequestSettings",
        "applicationName": "Torture",
        "userID": user,
        "password": PASSWORD,
    }

    def record(done: Exchange) -> Connect:
        session = world.key(msgspec.json.decode(done.body)["sessionId"]) if done.status == 201 else None
        return Connect(user=user, sent=done.sent, received=done.received, status=done.status, session=session)

    headers = {"Content-Type": _TYPE, "Accept-Language": "en-US"}
    request = ("POST", "/icws/connection", headers, msgspec.json.encode(body))
    answer = await exchange(world, line, request, record)
    if answer.status != 201:
        return None
    content = msgspec.json.decode(answer.body)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return Session(
        world, line, user, content["sessionId"], {"Cookie": cookie, "ININ-ICWS-CSRF-Token": content["csrfToken"]}
    )


class Session:
    """A session's requests, one at a time. Each returns whether the session can be used further; raises NoAnswer."""

    def __init__(self, world: World, line: Way, user: str, session_id: str, credentials: dict[str, str]) -> None:
        self.id = session_id
        self.key = world.key(session_id)
        self.user = user
        self.credentials = credentials
        self.subscribed = False
        """Whether its last subscription was certainly made."""
        self.down = False
        """Whether it was told that it is over."""
        self.fold: dict[str, bool] | None = None
        """What its license messages add up to; None before the first."""
        self._world = world
        self._line = line

    @property
    def channel(self) -> str:
        """Where its messages are polled and streamed."""
        return f"/icws/{self.id}/messaging/messages"

    async def acquire_in_stages(self, stages: Stages) -> bool:
        """POST license-stages."""
        operations = [
            {"stageName": f"stage {number}", "stageFailureAction": int(aborts), "licenseList": names}
            for number, (names, aborts) in enumerate(stages, 1)
        ]
        asked = tuple(name for names, _ in stages for name in names)
        body = {"licenseStageOperationList": operations}
        return await self._acquire("POST", "/licenses/license-stages", body, How.STAGES, asked)

    async def acquire(self, names: tuple[str, ...]) -> bool:
        """POST licenses."""
        return await self._acquire("POST", "/licenses", {"licenseList": names}, How.ADD, names)

    async def replace(self, names: tuple[str, ...]) -> bool:
        """PUT licenses."""
        return await self._acquire("PUT", "/licenses", {"licenseList": names}, How.REPLACE, names)

    async def release(self) -> bool:
        """DELETE licenses."""

        def record(done: Exchange) -> Release:
            return Release(user=self.user, sent=done.sent, received=done.received, status=done.status, session=self.key)

        return await self._ask("DELETE", "/licenses", None, record)

    async def end(self) -> bool:
        """DELETE connection."""

        def record(done: Exchange) -> End:
            return End(user=self.user, sent=done.sent, received=done.received, status=done.status, session=self.key)

        return await self._ask("DELETE", "/connection", None, record)

    async def show(self) -> bool:
        """GET connection, which needs the cookie and the token and says whether the session is up."""

        def record(done: Exchange) -> Use:
            content = done.content
            up = content is not None and content["connectionState"] == _UP
            return self._use(done, up=up)

        return await self._ask("GET", "/connection", None, record)

    async def subscribe(self, names: tuple[str, ...]) -> bool:
        """PUT subscriptions/licenses."""
        self.fold = None
        self.subscribed = False

        def record(done: Exchange) -> Subscribe:
            self.subscribed = done.status == 200
            return Subscribe(
                user=self.user,
                sent=done.sent,
                received=done.received,
                status=done.status,
                session=self.key,
                names=names,
            )

        return await self._ask("PUT", "/messaging/subscriptions/licenses", {"licenseList": names}, record)

    async def poll(self) -> bool:
        """GET messages."""
        messages: list[Any] = []

        def record(done: Exchange) -> Use:
            messages.extend(done.content or ())
            return self._use(done, up=not any(map(_says_down, messages)))

        usable = await self._ask("GET", "/messaging/messages", None, record)
        for message in messages:
            self.hear(message)
        return usable

    async def full_message(self, names: tuple[str, ...]) -> dict[str, bool] | None:
        """The full message of a subscription made for this alone, None without one; nothing of it is logged."""
        path, headers = f"/icws/{self.id}/messaging/subscriptions/licenses", {"Content-Type": _TYPE, **self.credentials}
        await self._line.ask("PUT", path, headers, msgspec.json.encode({"licenseList": names}))
        answer = await self._line.ask("GET", self.channel, headers)
        messages = msgspec.json.decode(answer.body) if answer.status == 200 else None
        if not messages or messages[0].get("isDelta") is not False:
            return None
        return {each["name"]: each["isAssigned"] for each in messages[0]["licenseAssignedStatusList"]}

    def hear(self, message: Any) -> None:  # noqa: ANN401 - JSON of any shape
        """Log a message and fold it."""
        now = self._world.now()
        if message["__type"] == "urn:inin.com:licenses:licenseMessage":
            statuses = tuple((each["name"], each["isAssigned"]) for each in message["licenseAssignedStatusList"])
            full = not message["isDelta"]
            self._world.log.write(Message(session=self.key, received=now, full=full, statuses=statuses))
            self.fold = {**({} if full else self.fold or {}), **dict(statuses)}
        elif _says_down(message):
            self.down = True
            self._world.log.write(self._use(Exchange(now, now, 200), up=False))

    async def _acquire(self, method: str, path: str, body: object, how: How, asked: tuple[str, ...]) -> bool:
        def record(done: Exchange) -> Acquire:
            results = _results(done.content, how)
            return Acquire(
                user=self.user,
                sent=done.sent,
                received=done.received,
                status=done.status,
                session=self.key,
                how=how,
                asked=asked,
                granted=tuple(name for name, status in results if status == _AVAILABLE),
                refused=tuple(name for name, status in results if status != _AVAILABLE),
            )

        return await self._ask(method, path, body, record)

    async def _ask(self, method: str, path: str, body: object, record: Callable[[Exchange], Entry]) -> bool:
        encoded = b"" if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": _TYPE, **self.credentials}
        answer = await exchange(self._world, self._line, (method, f"/icws/{self.id}{path}", headers, encoded), record)
        return answer.status != 401

    def _use(self, done: Exchange, *, up: bool) -> Use:
        return Use(user=self.user, sent=done.sent, received=done.received, status=done.status, session=self.key, up=up)


def _at(line: Way, entry: Entry) -> Entry:
    """With the node that was asked, where there are several."""
    return structs.replace(entry, node=line.node) if line.node else entry


def _says_down(message: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    return bool(message.get("newConnectionState") == _DOWN)


def _results(content: Any, how: How) -> list[tuple[str, int]]:  # noqa: ANN401 - JSON of any shape
    if content is None:
        return []
    if how is How.STAGES:
        found = [each for stage in content["licenseStageOperationResultList"] for each in stage["result"]]
    else:
        found = content["licenseOperationResultList"]
    return [(each["licenseName"], each["licenseStatus"]) for each in found]
