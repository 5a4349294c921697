"""`/license`: the license configuration of an application (seed mobilefirst-license-configuration; contract 2)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from msgspec import Struct, field

from seatkeeper.identity.rights import Right
from seatkeeper.licensing.deployment import (
    Category,
    Configuration,
    DeleteConfiguration,
    LicenseType,
    SetConfiguration,
)
from seatkeeper.licensing.sentences import say
from seatkeeper.mobilefirst.bodies import json_object
from seatkeeper.mobilefirst.calls import Asked, Resource
from seatkeeper.mobilefirst.deployments import Deployments
from seatkeeper.mobilefirst.errors import Failure, invalid_payload, no_configuration
from seatkeeper.mobilefirst.members import text_member
from seatkeeper.mobilefirst.message_codes import UNRECOGNIZED_PAYLOAD
from seatkeeper.mobilefirst.reading import read_of_runtime
from seatkeeper.mobilefirst.rendering import Document
from seatkeeper.queries.applications import application_named
from seatkeeper.queries.reads import Reads

_APP_ID: Final = "appID"
_CATEGORY: Final = "category"
_LICENSE_TYPE: Final = "licenseType"

_LONGEST_EXTRACT: Final = 100
"""Characters of what was sent that a message repeats."""

AnyValue = TypeVar("AnyValue", bound=StrEnum)


class LicenseConfiguration(Struct, frozen=True, rename="camel"):
    """The license configuration of an application, as it is read back (contract 2.2)."""

    app_id: str = field(name=_APP_ID)
    category: Category
    license_type: LicenseType


class Licenses:
    """The license configurations of a runtime's applications."""

    def __init__(self, deployments: Deployments, reads: Reads) -> None:
        self._deployments = deployments
        self._reads = reads

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Where they are."""
        place = "runtimes/{runtime}/license"
        of_application = f"{place}/{{application}}"
        return (
            Resource("POST", place, Right.APPLICATIONS_DEPLOY, self._set),
            Resource("GET", of_application, Right.APPLICATIONS_READ, self._get),
            Resource("DELETE", of_application, Right.APPLICATIONS_DEPLOY, self._delete),
        )

    async def _set(self, asked: Asked) -> Document:
        change = change_of(await json_object(asked.request))
        asked.about(f"{asked.path['runtime']}/{change.application}")
        return await self._deployments.carry_out(asked, change, "set-app-licenseconfig-result")

    async def _get(self, asked: Asked) -> Document:
        runtime, name = asked.path["runtime"], asked.path["application"]
        application = await read_of_runtime(
            self._reads, runtime, lambda connection, there: application_named(connection, there.id, name)
        )
        if application is None or application.configuration is None:
            raise no_configuration(runtime, name)
        configuration = application.configuration
        told = LicenseConfiguration(
            app_id=application.name, category=configuration.category, license_type=configuration.license_type
        )
        return Document("runtime", told)  # the documented name of the element

    async def _delete(self, asked: Asked) -> Document:
        change = DeleteConfiguration(asked.path["application"])
        return await self._deployments.carry_out(asked, change, "delete-app-licenseconfig-result")


def change_of(body: Mapping[str, object]) -> SetConfiguration:
    """The configuration that a body has; members that no configuration has are passed over.

    Values are matched exactly, and `licenseType` alone may be missing (decision 18). Raises Failure 400. What a name
    can be is for the rules to say.
    """
    application = text_member(body, _APP_ID)
    category = _one_of(Category, body, _CATEGORY)
    if _LICENSE_TYPE not in body:
        return SetConfiguration(application, Configuration(category))
    return SetConfiguration(application, Configuration(category, _one_of(LicenseType, body, _LICENSE_TYPE)))


def _one_of(values: type[AnyValue], body: Mapping[str, Any], name: str) -> AnyValue:
    try:
        return values(body[name])
    except (KeyError, ValueError):
        raise _none_of(values, body, name) from None


def _none_of(values: type[StrEnum], body: Mapping[str, object], name: str) -> Failure:
    choice = ", ".join(values)
    if name not in body:
        return invalid_payload("{member} is missing; it must be one of {values}.", member=name, values=choice)
    sent = body[name]
    if not isinstance(sent, str):
        return invalid_payload("{member} must be a text, one of {values}.", member=name, values=choice)
    extract = sent[:_LONGEST_EXTRACT]
    return Failure(
        400,
        UNRECOGNIZED_PAYLOAD,
        say("{member} must be one of {values}, not {value}.", member=name, values=choice, value=extract),
    )
