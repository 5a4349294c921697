"""A plain model of runtimes: applications as sets of versions, tokens as lists of who has them, lines of changes.

It knows nothing of events, pools or rows: what an application has is found by looking who stands in which list.
"""

from dataclasses import dataclass, field

Key = tuple[str, str]
"""An application: the name of its runtime, and its own."""

FEATURES = {"APPLICATION": "ibmmfpfa", "ADDITIONAL_BRAND_DEPLOYMENT": "ibmmfpabd"}
WAIT, LOCK, PREPARE, COMMIT = 20, 40, 30, 10
"""The limits, in seconds."""


@dataclass
class App:
    """An application: the type of its configuration, or None without one, and its versions."""

    license_type: str | None = None
    versions: frozenset[str] = frozenset()
    blocked: bool = False


@dataclass
class Change:
    """What is to be done to an application: `set`, `delete`, `register` or `remove`, with a type or a version."""

    act: str
    app: Key
    what: str = ""


@dataclass
class Move:
    """A transaction on its way: where it stands, since when, and which feature it has reserved."""

    number: int
    change: Change
    status: str = "PENDING"
    since: int = 0
    wrong: list[str] = field(default_factory=list)
    reserved: str | None = None


class Model:
    """What there is, and what every act comes to."""

    def __init__(self) -> None:
        self.now = 0
        self.counting = True
        self.bought = {"ibmmfpfa": 2, "ibmmfpabd": 1}
        self.runs: dict[str, bool] = {}
        self.apps: dict[Key, App] = {}
        self.came: list[Key] = []
        self.tokens: dict[str, list[Key]] = {"ibmmfpfa": [], "ibmmfpabd": []}
        self.lines: dict[str, list[Move]] = {}
        self.begun = 0

    # What is asked.

    def begin(self, change: Change, *, queued: bool) -> Move | str:
        """The transaction, or why there is none."""
        runtime = change.app[0]
        if not self.runs[runtime]:
            return "runtime_not_running"
        line = self.lines[runtime]
        if not any(each.change.app == change.app for each in line):
            app = self.apps.get(change.app)
            if change.act == "delete" and (app is None or app.license_type is None):
                return "no_configuration"
            if change.act == "remove" and app is None:
                return "unknown_application"
            if change.act == "remove" and app is not None and change.what not in app.versions:
                return "unknown_version"
        self.begun += 1
        move = Move(self.begun, change, since=self.now)
        alone = not line
        line.append(move)
        while alone and not queued and move in line:
            self.step(move)
        return move

    def advance(self, move: Move) -> bool:
        """One step, if it is time for one."""
        line = self.lines[move.change.app[0]]
        if move.status == "PENDING" and move is not line[0] and self.now - move.since <= WAIT:
            holder = line[0]
            if line[1] is not move or holder.status == "PENDING" or self.now - holder.since <= LOCK:
                return False
            self.fail(holder, "stalled")
        self.step(move)
        return True

    def step(self, move: Move) -> None:
        """What follows where it stands."""
        waited = self.now - move.since
        if move.status == "PENDING":
            if waited > WAIT:
                self.end(move, "FAILURE", "lock_wait")
            else:
                self.to(move, "PREPARING", *self.prepare(move))
        elif move.status == "PREPARING":
            if move.wrong:
                self.to(move, "REJECTING")
            elif waited > PREPARE:
                self.to(move, "REJECTING", "stalled")
            else:
                self.to(move, "COMMITTING")
        elif move.status == "COMMITTING":
            if waited > COMMIT:
                self.fail(move, "stalled")
            else:
                self.commit(move)
        else:
            self.fail(move)

    def release(self, runtime: str) -> bool:
        """Take the lock away."""
        line = self.lines[runtime]
        if not line or line[0].status == "PENDING":
            return False
        self.fail(line[0], "lock_released")
        return True

    def recover(self) -> int:
        """The server was started again."""
        left = [move for line in self.lines.values() for move in line]
        for move in left:
            if move.status == "PENDING":
                self.end(move, "CANCELED", "canceled")
            elif move.status == "PREPARING":
                self.to(move, "REJECTING", "interrupted")
            else:
                self.to(move, move.status)
        return len(left)

    def settle(self) -> None:
        """Tokens beyond those bought, or of no use, come back; then the oldest that lack one get one."""
        busy = {line[0].change.app for line in self.lines.values() if line and line[0].status != "PENDING"}
        resting = [key for key in self.came if key not in busy]
        for name, had in self.tokens.items():
            beyond = had[self.bought[name] :]
            self.tokens[name] = [
                key for key in had if key in busy or (key not in beyond and self.feature(self.apps[key]) == name)
            ]
        for key in resting:
            feature = self.feature(self.apps[key])
            if feature is not None and key not in self.tokens[feature] and self.left(feature) > 0:
                self.tokens[feature].append(key)
            self.apps[key].blocked = feature is not None and key not in self.tokens[feature]

    def define(self, key: Key, app: App) -> str | None:
        """An administrator's word; why not. What he says again changes nothing."""
        if self.busy(key):
            return "transaction_unfinished"
        before = self.apps.get(key, App())
        if (before.license_type, before.versions) == (app.license_type, app.versions):
            return None
        wrong, _ = self.ask(key, app)
        if wrong:
            return "seats_exhausted"
        self.put(key, app)
        return None

    def remove(self, key: Key) -> str | None:
        """An administrator takes an application away; why not."""
        if self.busy(key):
            return "transaction_unfinished"
        if key not in self.apps:
            return "unknown_application"
        self.put(key, App())
        return None

    # How it goes.

    def prepare(self, move: Move) -> list[str]:
        """What is wrong. Without anything, the token that is needed is reserved."""
        key, change = move.change.app, move.change
        app = self.apps.get(key, App())
        if not self.runs[key[0]]:
            return ["runtime_not_running"]
        if change.act == "delete" and app.license_type is None:
            return ["no_configuration"]
        if change.act == "delete" and app.versions:
            return ["still_registered"]
        if change.act == "remove" and change.what not in app.versions:
            return ["no_version"]
        wrong, move.reserved = self.ask(key, self.after(app, change))
        return wrong

    def commit(self, move: Move) -> None:
        """It is so from now on."""
        key = move.change.app
        after = self.after(self.apps.get(key, App()), move.change)
        wrong, _ = self.ask(key, after)
        if wrong:
            self.fail(move, *wrong)
            return
        self.put(key, after)
        self.end(move, "SUCCESS")

    def after(self, app: App, change: Change) -> App:
        """What a change makes of an application."""
        match change.act:
            case "set":
                return App(change.what, app.versions, app.blocked)
            case "delete":
                return App(None, app.versions, app.blocked)
            case "register":
                return App(app.license_type, app.versions | {change.what}, app.blocked)
            case _:
                return App(app.license_type, app.versions - {change.what}, app.blocked)

    def ask(self, key: Key, after: App) -> tuple[list[str], str | None]:
        """What is wrong with the tokens; else which was newly taken, where the change is one that needs it."""
        before, feature = self.apps.get(key, App()), self.feature(after)
        if feature is None or (feature == self.feature(before) and after.versions <= before.versions):
            return [], None
        if key in self.tokens[feature]:
            return [], None
        if self.left(feature) <= 0:
            return ["tokens_short"], None
        self.tokens[feature].append(key)
        self.appear(key)
        return [], feature

    def put(self, key: Key, app: App) -> None:
        """An application is this, with no token that it does not need."""
        feature = self.feature(app)
        for name, had in self.tokens.items():
            if name != feature and key in had:
                had.remove(key)
        if app.license_type is None and not app.versions:
            self.vanish(key)
        else:
            self.appear(key)
            app.blocked = feature is not None and key not in self.tokens[feature]
            self.apps[key] = app

    def fail(self, move: Move, *wrong: str) -> None:
        """As if it had never begun."""
        key = move.change.app
        if move.reserved is not None and key in self.tokens[move.reserved]:
            self.tokens[move.reserved].remove(key)
        app = self.apps.get(key)
        if app is not None and app.license_type is None and not app.versions:
            self.vanish(key)
        self.end(move, "FAILURE", *wrong)

    def end(self, move: Move, status: str, *wrong: str) -> None:
        """It is over."""
        self.to(move, status, *wrong)
        move.reserved = None
        self.lines[move.change.app[0]].remove(move)

    def to(self, move: Move, status: str, *wrong: str) -> None:
        """It stands elsewhere."""
        move.status, move.since = status, self.now
        move.wrong += wrong

    def feature(self, app: App) -> str | None:
        """Which token an application needs."""
        if not self.counting or not app.versions:
            return None
        return FEATURES.get(app.license_type or "APPLICATION")

    def left(self, feature: str) -> int:
        """How many more can be taken."""
        return self.bought[feature] - len(self.tokens[feature])

    def busy(self, key: Key) -> bool:
        """Whether a transaction is at work on an application."""
        line = self.lines[key[0]]
        return bool(line) and line[0].status != "PENDING" and line[0].change.app == key

    def appear(self, key: Key) -> None:
        """An application is there from now on, if it was not."""
        if key not in self.apps:
            self.apps[key] = App()
            self.came.append(key)

    def vanish(self, key: Key) -> None:
        """An application is there no more."""
        if key in self.apps:
            del self.apps[key]
            self.came.remove(key)
