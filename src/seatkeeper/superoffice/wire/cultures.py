"""How a client wants to be spoken to: language, culture and time zone of its request (contract 6.6).

docs/decisions/crm-wire.md says what becomes of headers that cannot be followed.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal
from msgspec import Struct
from starlette.datastructures import Headers

from seatkeeper.languages.catalogues import ENGLISH, offered, said
from seatkeeper.languages.choice import ANY, wanted
from seatkeeper.languages.multilingual import in_language
from seatkeeper.licensing.sentences import Fact, Sentence
from seatkeeper.superoffice.wire.carriers import UNSET_DATE
from seatkeeper.superoffice.wire.zones import zone_called

_OFF: Final = "x"
_WITH_OFFSET: Final = "includetzoffset"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

_IDENTIFYING: Final = frozenset({"id", "session"})
"""Blanks whose numbers name something, and are written without separators in every culture."""

_DATE: Final = re.compile(
    r"(?P<year>[+-]?\d{4,6})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<offset>[Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_FIRST_YEAR: Final = 2
"""Of the year before it is what a client in some zone made of the unset date (contract 6.2)."""


class Spoken(Struct, frozen=True):
    """How one request is answered.

    `languages`: tags, the best liked first; none where texts are to stay as they are stored. `culture`: whose numbers
    are written inside messages, None without a language. `zone`: by which times are written and read; None where the
    request names none, which is as UTC. `with_offset`: whether times say how far theirs is from UTC.
    """

    languages: tuple[str, ...] = ()
    culture: str | None = None
    zone: ZoneInfo | None = None
    with_offset: bool = False

    @classmethod
    def of(cls, headers: Headers) -> "Spoken":
        """As the headers of a request ask. What cannot be followed counts as not said, so this raises nothing."""
        return _asked(
            headers.get("so-language"),
            ",".join(headers.getlist("accept-language")),
            headers.get("so-culture", ""),
            ",".join(headers.getlist("so-timezone")),
        )

    @property
    def language(self) -> str | None:
        """The language that messages are in; None where no language was asked for, which is as English."""
        return next((tag for tag in self.languages if offered(tag) is not None), ENGLISH) if self.languages else None

    def text(self, raw: str) -> str:
        """A stored text, of several languages the one that is liked best; as it is stored where none was asked for."""
        return in_language(raw, *self.languages) if self.languages else raw

    def said(self, sentence: Sentence) -> str:
        """A message of ours, in the best liked language that is offered, its numbers as the culture writes them."""
        written = sentence if self.culture is None else _with_numbers(sentence, self.culture)
        return said(written, self.language or ENGLISH)

    def time(self, moment: int | None) -> str:
        """A time (ms since 1970) as a carrier has it, to the second; None is the unset date."""
        if moment is None:
            return UNSET_DATE
        there = _EPOCH + moment * _MILLISECOND
        with suppress(OverflowError):  # the last day of the calendar has no tomorrow in the zones east of UTC
            there = there.astimezone(self.zone or UTC)
        offset = there.strftime("%z")[:5] if self.with_offset else ""
        return there.replace(tzinfo=None).isoformat(timespec="seconds") + offset

    def moment(self, text: str) -> int | None:
        """The time (ms since 1970) that a date of a request means; one without an offset is of the request's zone.

        None for one that is unset: empty, `0`, or before the year 2. Raises ValueError where it is no date.
        """
        text = text.strip()
        found = _DATE.fullmatch(text)
        if found is None:
            if text in ("", "0"):
                return None
            raise ValueError("no date")
        year = int(found["year"])
        if year < _FIRST_YEAR:
            return None
        time = datetime(
            year,
            int(found["month"]),
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["fraction"] or "0")[:6].ljust(6, "0")),
            tzinfo=self.zone or UTC,
        )
        if found["offset"]:
            time = time.replace(tzinfo=datetime.strptime(found["offset"].upper(), "%z").tzinfo)
        since = time.replace(tzinfo=UTC) - _EPOCH - (time.utcoffset() or timedelta())
        return since // _MILLISECOND


def stamp(moment: int | None) -> str:
    """When something was made or changed (ms since 1970): in UTC whatever the client's zone (contract 6.2)."""
    return UNSET_DATE if moment is None else (_EPOCH + moment * _MILLISECOND).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def _asked(so_language: str | None, accept_language: str, culture: str, zone: str) -> Spoken:
    languages = _languages(accept_language if so_language is None else so_language)
    names = [name.strip() for name in zone.split(",") if name.strip()]
    return Spoken(
        languages,
        _culture(culture, languages),
        next((found for name in names if (found := zone_called(name)) is not None), None),
        any(name.lower() == _WITH_OFFSET for name in names),
    )


def _languages(header: str) -> tuple[str, ...]:
    """The tags of a header, the best liked first. `*` and `x` are none.

    The vendor's own examples put `;` between languages, where it means no quality.
    """
    return tuple(
        [tag for tag in wanted(re.sub(r";\s*(?![qQ\s])", ",", header)) if tag not in (ANY, _OFF, _OFF.upper())]
    )


def _culture(asked: str, languages: Sequence[str]) -> str | None:
    """The first of what is asked for and of the languages that has a culture."""
    if not languages:
        return None
    return next((tag for tag in (asked.strip(), *languages) if _is_culture(tag)), ENGLISH)


def _is_culture(tag: str) -> bool:
    try:
        Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _with_numbers(sentence: Sentence, culture: str) -> Sentence:
    return Sentence(sentence.pattern, {name: _in_culture(name, fact, culture) for name, fact in sentence.facts.items()})


def _in_culture(name: str, fact: Fact, culture: str) -> Fact:
    if isinstance(fact, Sentence):
        return _with_numbers(fact, culture)
    if isinstance(fact, tuple):
        return tuple([_with_numbers(each, culture) for each in fact])
    if isinstance(fact, int) and name not in _IDENTIFYING:
        return format_decimal(fact, locale=Locale.parse(culture.replace("_", "-"), sep="-"))
    return fact
