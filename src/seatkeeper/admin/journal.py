"""The journal over the years: seal and archive old stretches, forget deleted users (docs/journal.md).

Both are begun by one request and go on by themselves; the journal, asked for, tells how far they are.
"""

import asyncio
from calendar import monthrange
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import Parts, PartsOfApp
from seatkeeper.admin.times import moment
from seatkeeper.identity.rights import Right
from seatkeeper.ledger.door import AtWork, DatabaseInMemory, Forgot, Sealed, Work
from seatkeeper.licensing.inventory_commands import ForgetUser
from seatkeeper.licensing.refusals import Code
from seatkeeper.queries.journal import deleted_users, journal_view
from seatkeeper.queries.users import account_by_login

router = APIRouter(tags=["journal"])

Directory = Annotated[
    str | None,
    Field(
        max_length=4_096,  # of any path on Linux
        description="Where the archives are, a directory at the server, as an absolute path. Default: the setting"
        " `journal.archive`.",
    ),
]


class SealedBody(BaseModel):
    """A stretch that was sealed."""

    position: int = Field(description="The number of its last event.")
    at: datetime = Field(description="When that happened.")
    events: int
    archive: str = Field(description="The file of its events, at the server.")


class ForgotBody(BaseModel):
    """A user who was forgotten."""

    user_id: int
    pseudonym: str
    events: int = Field(description="In how many events the pseudonym has taken the name's place by this.")
    unreached: list[str] = Field(description="Archives that may name the user still, and why.")


class WorkBody(BaseModel):
    """Work on the journal, under way or ended. Where it has ended, all below null: there was nothing to do."""

    number: int = Field(description="Counted from the start of the server.")
    running: bool
    done: int = Field(description="Events that have been looked at.")
    total: int = Field(description="Events that are to be looked at; 0 while that is not known.")
    sealed: SealedBody | None
    forgot: ForgotBody | None
    failure: str | None = Field(description="Why it failed.")


class ArchiveBody(BaseModel):
    """A stretch that is not in the database any more."""

    position: int = Field(description="The number of its last event.")
    at: datetime = Field(description="When that happened.")
    archive: str = Field(description="What the file of its events is called.")
    sha256: str = Field(description="That file's digest, as the journal's chain has it.")


class JournalBody(BaseModel):
    """What there is of the journal."""

    first: int = Field(description="The number of the first event in the database; 0: it has none.")
    last: int
    archives: list[ArchiveBody] = Field(description="The stretches before it, oldest first.")
    work: WorkBody | None = Field(
        description="What is under way, or ended last since this server's start; what other nodes do is not told."
    )


class SealBody(BaseModel):
    """What is to be sealed."""

    model_config = ConfigDict(extra="forbid")

    before: AwareDatetime | None = Field(
        None, description="Only what happened before this. Default: the setting `journal.keep_months` ago."
    )
    archive: Directory = None


class ForgetBody(BaseModel):
    """Who is to be forgotten."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(description="The login of a deleted user, or his associate id.", min_length=1, max_length=200)
    archive: Directory = None


@router.get("/journal", summary="Show the journal and work on it", dependencies=[needs(Right.JOURNAL_WRITE)])
async def read_journal(
    parts: PartsOfApp,
    *,
    wait: Annotated[float, Query(ge=0, le=10, description="Wait so many seconds for work to end.")] = 0,
) -> JournalBody:
    """Where the journal begins, which archives are before it, and how far work on it is."""
    retention = parts.ledger.retention
    await retention.ended(wait)
    work = retention.work
    view = await parts.reads.run(journal_view)
    return JournalBody(
        first=view.first,
        last=view.last,
        archives=[
            ArchiveBody(position=each.position, at=moment(each.at), archive=each.archive, sha256=each.digest.hex())
            for each in view.seals
        ],
        work=None if work is None else _work(work),
    )


@router.post(
    "/journal/seal", summary="Seal and archive what is old", status_code=202, dependencies=[needs(Right.JOURNAL_WRITE)]
)
async def seal_journal(body: SealBody, parts: PartsOfApp) -> WorkBody:
    """Begin to move what is old into an archive. A snapshot takes its place; nothing else changes."""
    folder = await _folder(parts, body.archive)
    now = moment(parts.ledger.now())
    before = months_before(now, parts.settings.journal.keep_months) if body.before is None else body.before
    try:
        return _work(await parts.ledger.retention.seal(int(before.timestamp() * 1000), folder))
    except AtWork as at_work:
        raise _at_work(at_work) from None


@router.post(
    "/journal/forget", summary="Forget a deleted user", status_code=202, dependencies=[needs(Right.JOURNAL_WRITE)]
)
async def forget_user(body: ForgetBody, parts: PartsOfApp) -> WorkBody:
    """Begin to replace by a pseudonym all that says who a deleted user was: in journal, tables and archives."""
    folder = await _folder(parts, body.archive)
    try:
        parts.ledger.retention.require_idle()
        user_id = await _user_id(parts, body.user)
        await parts.ledger.submit(ForgetUser(user_id=user_id))
        return _work(await parts.ledger.retention.forget(user_id, folder))
    except AtWork as at_work:
        raise _at_work(at_work) from None


async def _user_id(parts: Parts, user: str) -> int:
    found = await parts.reads.run(partial(deleted_users, user=user))
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        message = f"Several deleted users had the login {user}. Name the one by the associate id: {numbers}."
        raise AdminError(409, "ambiguous", message, detail={"user_ids": found})
    if found:
        return found[0]
    living = await parts.reads.run(partial(account_by_login, login=user))
    if living is not None:
        return living.user.id  # the rules refuse it, and say why
    raise AdminError(
        404,
        Code.UNKNOWN_USER.value,
        f"There is no deleted user {user}. Whoever is forgotten has no login any more; name the associate id.",
    )


async def _folder(parts: Parts, named: str | None) -> Path:
    """The directory of the archives. That of the setting is made when it is needed; another one has to be there."""
    if isinstance(parts.ledger.database, DatabaseInMemory):
        raise AdminError(409, "in_memory", "This server keeps everything in memory and has no archive.")
    if named is None:
        return (parts.settings.data / parts.settings.journal.archive).absolute()
    folder = Path(named)
    if "\0" in named or not folder.is_absolute() or not await asyncio.to_thread(_is_directory, folder):
        message = f"archive: There is no directory {named} at the server; give the absolute path of one."
        raise AdminError(422, "invalid_request", message)
    return folder


def _is_directory(path: Path) -> bool:
    """Whether one can see a directory there; not in one that cannot be read, nor by a name that is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


def months_before(now: datetime, months: int) -> datetime:
    """The same day so many months ago, or the last of that month where it is shorter."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    if years < 1:
        return datetime.min.replace(tzinfo=UTC)
    return now.replace(year=years, month=month + 1, day=min(now.day, monthrange(years, month + 1)[1]))


def _at_work(error: AtWork) -> AdminError:
    return AdminError(409, "at_work", str(error))


def _work(work: Work) -> WorkBody:
    outcome = work.outcome
    return WorkBody(
        number=work.number,
        running=work.running,
        done=work.done,
        total=work.total,
        sealed=_sealed(outcome) if isinstance(outcome, Sealed) else None,
        forgot=_forgot(outcome) if isinstance(outcome, Forgot) else None,
        failure=work.failure,
    )


def _sealed(sealed: Sealed) -> SealedBody:
    return SealedBody(position=sealed.position, at=moment(sealed.at), events=sealed.events, archive=sealed.archive)


def _forgot(forgot: Forgot) -> ForgotBody:
    return ForgotBody(
        user_id=forgot.user_id, pseudonym=forgot.pseudonym, events=forgot.events, unreached=list(forgot.unreached)
    )
