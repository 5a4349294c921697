"""Users: add one, list them, set a password, delete one."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from seatkeeper.admin.auth import needs
from seatkeeper.admin.errors import AdminError
from seatkeeper.admin.parts import PartsOfApp
from seatkeeper.admin.words import Group, Text, TypeOfUser, as_in_a_file, type_of_user
from seatkeeper.identity.rights import ROLES, Right, unknown_rights, unknown_roles
from seatkeeper.inventory import values
from seatkeeper.inventory.details import user_type
from seatkeeper.inventory.names import spelled
from seatkeeper.licensing.commands import Together
from seatkeeper.licensing.entities import LicenseName, fold
from seatkeeper.licensing.inventory_commands import DefineUser, DeleteUser, SetPassword
from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.seen import Seen, SeenKind
from seatkeeper.queries.roster import UserView, users_page
from seatkeeper.queries.users import account_by_login

router = APIRouter(tags=["users"])


Name = Annotated[str, as_in_a_file(values.Name)]
Language = Annotated[str, as_in_a_file(values.Language)]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
Names = Annotated[list[Name], Field(max_length=10_000)]


class NewUser(BaseModel):
    """A user who is to be added. The keys are those of an inventory file."""

    model_config = ConfigDict(extra="forbid")

    login: Name
    display_name: Text | None = Field(None, description="For people. Default: the login.")
    language: Language = "en-US"
    roles: Names = Field([], description=f"Of {', '.join(ROLES)}.")
    rights: Names = Field([], description=f"Of {', '.join(Right)}.")
    stations: Names | Literal["all"] = Field("all", description="Where he may sit down.")
    user_type: TypeOfUser = Field("internal", description="What he is to a CRM.")
    group_id: Group = Field(0, description="His group in a CRM, by its number there; 0: none.")
    secondary_groups: Annotated[list[Group], Field(max_length=10_000)] = []
    password: Password | None = Field(None, description="Without one he cannot log on.")


class AddedUser(BaseModel):
    """The user as he was added."""

    login: str
    user_id: int = Field(description="The associate id.")


class NewPassword(BaseModel):
    """A user's password, to be stored as a hash."""

    model_config = ConfigDict(extra="forbid")

    login: Name
    password: Password


class UserName(BaseModel):
    """A user by login, in any case."""

    model_config = ConfigDict(extra="forbid")

    login: Name


class UserBody(BaseModel):
    """A user. `enabled` and `method` are those of the configured owner's licenses."""

    login: str
    user_id: int = Field(description="The associate id.")
    display_name: str
    language: str
    roles: list[str]
    rights: list[str]
    user_type: TypeOfUser = Field(description="What he is to a CRM.")
    group_id: int = Field(description="His group in a CRM, by its number there; 0: none.")
    secondary_groups: list[int]
    has_password: bool
    enabled: bool
    method: str = Field(description="`assignable` or `concurrent`.")
    licenses: list[str] = Field(description="`NAME`, or `OWNER:NAME` where the owner is not the configured one.")


class UserPage(BaseModel):
    """Users by login."""

    users: list[UserBody]
    next: str | None = Field(description="Give this as `after` for those that follow; null: there are none.")


@router.get("/users", summary="List users and their licenses", dependencies=[needs(Right.INVENTORY_READ)])
async def list_users(
    parts: PartsOfApp,
    *,
    after: Annotated[str | None, Query(max_length=200, description="Only those that follow this login.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> UserPage:
    """Living users with their licenses, a page at a time, in the order of their logins."""
    found = await parts.reads.run(partial(users_page, owner=parts.owner, after=after, limit=limit + 1))
    shown = found[:limit]
    return UserPage(
        users=[_user(each, parts.owner) for each in shown],
        next=shown[-1].user.login if len(found) > limit else None,
    )


@router.post("/users", summary="Add a user", status_code=201, dependencies=[needs(Right.INVENTORY_WRITE)])
async def add_user(body: NewUser, parts: PartsOfApp) -> AddedUser:
    """Add a user. One who is there already is not changed."""
    _require_known(body)
    password_hash = None if body.password is None else await parts.passwords.hash(body.password)
    command = DefineUser(
        login=body.login,
        display_name=body.login if body.display_name is None else body.display_name,
        language=body.language,
        roles=tuple(body.roles),
        rights=tuple(body.rights),
        stations=None if body.stations == "all" else tuple(body.stations),
        user_type=user_type(body.user_type),
        group_id=body.group_id,
        secondary_groups=tuple(body.secondary_groups),
        password_hash=password_hash,
    )
    nobody = Seen(kind=SeenKind.USER, key=fold(body.login), row=None, what=f"user {body.login}")
    try:
        await parts.ledger.submit(Together(commands=(command,), seen=(nobody,)))
    except Refusal as refusal:
        if refusal.code is not Code.CHANGED_SINCE:
            raise
        message = f"There is a user {body.login} already, who was not changed."
        raise AdminError(409, Code.LOGIN_TAKEN.value, message) from None
    account = await parts.reads.run(partial(account_by_login, login=body.login))
    if account is None:
        raise AdminError(404, Code.UNKNOWN_USER.value, f"{body.login} was added, and deleted by somebody just after.")
    return AddedUser(login=account.user.login, user_id=account.user.id)


@router.put("/users/password", summary="Set a password", status_code=204, dependencies=[needs(Right.INVENTORY_WRITE)])
async def set_password(body: NewPassword, parts: PartsOfApp) -> Response:
    """Set a user's password. His sessions stay open."""
    password_hash = await parts.passwords.hash(body.password)
    await parts.ledger.submit(SetPassword(login=body.login, password_hash=password_hash))
    return Response(status_code=204)


@router.post("/users/delete", summary="Delete a user", status_code=204, dependencies=[needs(Right.INVENTORY_WRITE)])
async def delete_user(body: UserName, parts: PartsOfApp) -> Response:
    """Delete a user: his sessions end, his holds and assignments go. The login is free, the associate id never is."""
    await parts.ledger.submit(DeleteUser(login=body.login))
    return Response(status_code=204)


def _require_known(body: NewUser) -> None:
    for kind, unknown, known in (
        ("role", unknown_roles(body.roles), ROLES),
        ("right", unknown_rights(body.rights), Right),
    ):
        if unknown:
            message = f"{unknown[0]} is no {kind}; there are {', '.join(known)}."
            raise AdminError(422, "invalid_request", message, detail={"unknown": list(unknown)})


def _user(view: UserView, owner: str) -> UserBody:
    return UserBody(
        login=view.user.login,
        user_id=view.user.id,
        display_name=view.user.display_name,
        language=view.user.language,
        roles=list(view.user.roles),
        rights=list(view.user.rights),
        user_type=type_of_user(view.user.user_type),
        group_id=view.user.group_id,
        secondary_groups=list(view.user.secondary_groups),
        has_password=view.has_password,
        enabled=view.profile.enabled,
        method=view.profile.method.name.lower(),
        licenses=[spelled(LicenseName(*each), owner) for each in view.licenses],
    )
