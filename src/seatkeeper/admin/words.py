"""Values that the admin face takes as an inventory file writes them, refused in the same words."""

from typing import Annotated, Any, Literal, cast

from msgspec import ValidationError, convert
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from seatkeeper.inventory import values
from seatkeeper.inventory.details import type_word
from seatkeeper.inventory.entries import described
from seatkeeper.licensing.entities import UserType


def as_in_a_file(shape: Any) -> AfterValidator:  # noqa: ANN401 - an annotated type
    """What an inventory file may say there."""

    def check(value: str) -> str:
        try:
            value.encode()
            convert(value, shape)
        except (ValidationError, UnicodeEncodeError):
            raise PydanticCustomError("shape", "must be {wanted}", {"wanted": described(shape)}) from None
        return value

    return AfterValidator(check)


Text = Annotated[str, as_in_a_file(values.Text)]
LongText = Annotated[str, as_in_a_file(values.LongText)]
Number = Annotated[int, Field(ge=-2_147_483_648, le=2_147_483_647, strict=True)]
Group = Annotated[int, Field(ge=0, le=2_147_483_647, strict=True)]
TypeOfUser = Literal["internal", "resource", "external", "anonymous", "system"]
AllowedType = Literal["internal", "resource", "external", "anonymous", "system", "any"]


def type_of_user(type_: UserType) -> TypeOfUser:
    """What a user is to a CRM."""
    return cast("TypeOfUser", type_word(type_))


def allowed_type(type_: UserType | None) -> AllowedType:
    """Of which type a license's users are."""
    return cast("AllowedType", type_word(type_))
