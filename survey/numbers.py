"""Telephone numbers: whatever people write becomes E.164, or a clear word why not."""

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

from config.number_rules import country_in
from storage.faults import GiveUp

_LONGEST_GIVEN = 40
# By the code of a country, of numbers that belong to no place in it.
_zones_of_country: dict[int, tuple[str, ...]] = {}


class BadNumberError(GiveUp):
    """What was given is no telephone number that can be rung; the reason never repeats it."""


def to_e164(given: str, *, country: str) -> str:
    """The number in E.164, such as +46705551234; national forms are read as of `country`.

    `country` is two capitals such as SE. Raises BadNumberError.
    """
    if len(given) > _LONGEST_GIVEN:
        raise BadNumberError(
            f"has {len(given)} characters, which no telephone number has", code="number_too_long"
        )
    try:
        number = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException:
        raise BadNumberError(
            f"is not a telephone number; +46 70 555 12 34 or a national number of {country} "
            "would be right",
            code="number_unreadable",
        ) from None
    if number.extension:
        raise BadNumberError(
            "has an extension, which cannot be dialled; give the direct number",
            code="number_extension",
        )
    if not phonenumbers.is_valid_number(number):
        raise BadNumberError(
            f"is not a telephone number that exists in +{number.country_code}; "
            "a digit may be missing or too many",
            code="number_not_valid",
        )
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def readable(e164: str) -> str:
    """The number with the blanks by which people read it back: +46 70 174 06 05."""
    number = phonenumbers.parse(e164, None)
    return str(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    ).replace("-", " ")


def is_valid(e164: str) -> bool:
    """Whether a stored number is still one that exists: numbering plans change."""
    told = told_by(e164)
    return told is not None and told.valid


@dataclass(frozen=True, slots=True)
class Told:
    """What a number in E.164 tells by itself."""

    # None where no country has it.
    country: str | None
    # Whether it still exists.
    valid: bool
    _number: phonenumbers.PhoneNumber = field(repr=False)
    # Such as a mobile's; one of the library's numbers.
    _kind: int

    def zones(self, *, fallback: ZoneInfo, at: datetime) -> tuple[ZoneInfo, ...]:
        """The zones on whose clock its holder may live; `fallback` when the number tells none.

        One of each clock, as far as clocks differ in the year from `at` on; the fallback is the
        first if it is among them.
        """
        names = self._zone_names()
        if timezone.UNKNOWN_TIMEZONE in names:
            return (fallback,)
        first = (fallback.key, *names) if fallback.key in names else names
        return _different_clocks(tuple(first), at.date())

    def _zone_names(self) -> tuple[str, ...]:
        code = self._number.country_code or 0
        if self._kind == phonenumbers.PhoneNumberType.UNKNOWN:
            return (timezone.UNKNOWN_TIMEZONE,)
        if phonenumbers.is_number_type_geographical(self._kind, code):
            return tuple(timezone.time_zones_for_geographical_number(self._number))
        # Such as mobiles in most countries. The library would ask anew of what kind it is.
        if code not in _zones_of_country:
            _zones_of_country[code] = tuple(timezone.time_zones_for_number(self._number))
        return _zones_of_country[code]


def told_by(e164: str) -> Told | None:
    """What a stored number tells, read once; None for what is no number at all."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    kind = phonenumbers.number_type(number)
    exists = region is not None and kind != phonenumbers.PhoneNumberType.UNKNOWN
    return Told(
        country=country_in(region),
        valid=exists and not number.extension and written == e164,
        _number=number,
        _kind=kind,
    )


def zones_of(e164: str, *, fallback: ZoneInfo, at: datetime) -> tuple[ZoneInfo, ...]:
    """The zones on whose clock the number's holder may live; see `Told.zones`."""
    told = told_by(e164)
    return (fallback,) if told is None else told.zones(fallback=fallback, at=at)


@functools.lru_cache(maxsize=10_000)
def _different_clocks(names: tuple[str, ...], day: date) -> tuple[ZoneInfo, ...]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    weeks = [start + timedelta(weeks=number) for number in range(53)]
    found: dict[tuple[timedelta | None, ...], ZoneInfo] = {}
    for name in names:
        zone = ZoneInfo(name)
        found.setdefault(tuple(moment.astimezone(zone).utcoffset() for moment in weeks), zone)
    return tuple(found.values())


def takes_texts(number: str) -> bool:
    """Whether a number in E.164 can be a mobile telephone's, as far as numbers tell."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    mobile = (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
    return kind in mobile
