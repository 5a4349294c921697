"""What a document says of runtimes and of the applications that run in them, laid over what is there."""

from typing import Any, Final

from msgspec import Struct, UnsetType
from msgspec.structs import replace

from seatkeeper.inventory.changes import Action, Change
from seatkeeper.inventory.draft import Draft
from seatkeeper.inventory.fields import differences
from seatkeeper.inventory.known import Known
from seatkeeper.inventory.names import application_name
from seatkeeper.inventory.shapes import ApplicationEntry, Entry, Kind, RuntimeEntry
from seatkeeper.inventory.steps import Phase, Place
from seatkeeper.licensing.commands import Command
from seatkeeper.licensing.deployment import Application, Category, Configuration, LicenseType
from seatkeeper.licensing.deployment_commands import DefineApplication, DefineRuntime, RemoveApplication, VersionNamed
from seatkeeper.licensing.seen import SeenKind, deployed_of
from seatkeeper.queries.inventory import InventoryView

NOT_CONFIGURED: Final = ""
"""How a file writes that an application has no license configuration."""


class Deployment:
    """Lays runtimes and applications over the inventory as it was read, into a draft."""

    def __init__(self, draft: Draft, present: InventoryView, known: Known) -> None:
        self._draft = draft
        self._present = present
        self._owner = known.owner

    def runtime(self, entry: Entry[RuntimeEntry]) -> None:
        """Add, start or stop a runtime."""
        said = entry.value
        row = self._present.runtimes.get(said.name)
        before = DefineRuntime(name=said.name, running=True if row is None else row.running)
        after = before if isinstance(said.running, UnsetType) else replace(before, running=said.running)
        if row is None or before != after:
            self._draft.rests_on(SeenKind.RUNTIME, said.name, row, f"runtime {said.name}")
            self._draft.step(Phase.RUNTIMES, after, Place(entry.place, "", entry.line))
            self._tell(Kind.RUNTIME, said.name, entry, before, after, new=row is None)

    def application(self, entry: Entry[ApplicationEntry]) -> None:
        """Configure an application, and make its versions those that the entry lists."""
        said = entry.value
        row = self._present.applications.get((said.runtime, said.name))
        before = _as_it_is(row)
        after = _as_said(said, before)
        if before == after:
            return  # one of which there is neither a configuration nor a version is not there
        name = application_name(said.runtime, said.name)
        seen = None if row is None else deployed_of(row)
        self._draft.rests_on(SeenKind.APPLICATION, (said.runtime, said.name), seen, f"application {name}")
        # Those that only give up a token come before those that take another one for it.
        phase = Phase.FREEING_APPLICATIONS if before.token not in (None, after.token) else Phase.TAKING_APPLICATIONS
        rank = 0 if after.token is None else 1
        self._draft.step(phase, _command(said, after), Place(entry.place, "", entry.line), rank=rank)
        self._tell(Kind.APPLICATION, name, entry, before, after, new=row is None)

    def _tell(self, kind: Kind, name: str, entry: Entry[Any], before: Struct, after: Struct, *, new: bool) -> None:
        fields = tuple(differences(before, after, self._owner, new=new))
        self._draft.changes.append(Change(Action.ADDED if new else Action.CHANGED, kind, name, entry.place, fields))


class _Application(Struct, frozen=True):
    """What a file can say of an application, by its keys there."""

    category: str = NOT_CONFIGURED
    license_type: str = NOT_CONFIGURED
    versions: tuple[VersionNamed, ...] = ()

    @property
    def configuration(self) -> Configuration | None:
        """Its license configuration."""
        return Configuration(Category(self.category), LicenseType(self.license_type)) if self.category else None

    @property
    def token(self) -> LicenseType | None:
        """Of which type it takes a token where tokens are counted: with a version, of the default one unless said."""
        type_ = LicenseType(self.license_type or LicenseType.APPLICATION)
        return type_ if self.versions and type_ is not LicenseType.NON_PRODUCTION else None


def _as_it_is(row: Application | None) -> _Application:
    if row is None:
        return _Application()
    versions = tuple(VersionNamed(each.platform, each.version, each.display_name) for each in row.versions)
    if row.configuration is None:
        return _Application(versions=versions)
    return _Application(row.configuration.category.value, row.configuration.license_type.value, versions)


def _as_said(said: ApplicationEntry, before: _Application) -> _Application:
    """What is left out stays; of a configuration that comes, the rest is that of any new one."""
    category = before.category if isinstance(said.category, UnsetType) else said.category
    license_type = before.license_type if isinstance(said.license_type, UnsetType) else said.license_type
    if NOT_CONFIGURED in (said.category, said.license_type):
        category = license_type = NOT_CONFIGURED
    elif category or license_type:
        category = category or Category.UNDEFINED.value
        license_type = license_type or LicenseType.APPLICATION.value
    versions = before.versions
    if not isinstance(said.versions, UnsetType):
        named = (VersionNamed(each.platform, each.version, each.display_name) for each in said.versions)
        versions = tuple(sorted(named, key=lambda each: (each.platform, each.version)))
    return _Application(category, license_type, versions)


def _command(said: ApplicationEntry, after: _Application) -> Command[Any]:
    if after == _Application():
        return RemoveApplication(runtime=said.runtime, name=said.name)
    return DefineApplication(
        runtime=said.runtime, name=said.name, configuration=after.configuration, versions=after.versions
    )
