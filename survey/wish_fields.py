"""The fields of a wish in a file: about whom, by which way, from when, until when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from survey import csv_table
from survey.numbers import BadNumberError
from survey.permission import Method
from survey.subjects import BadAddressError, Subject, subject_of


@dataclass(frozen=True, slots=True)
class Place:
    """The organisation whose customers the file is about."""

    id: UUID
    country: str
    zone: ZoneInfo


class FieldError(ValueError):
    """Something in one column cannot be used."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


Note = Callable[[FieldError], None]
"""Told of what in a line cannot be used and leaves no doubt about what is to be done."""


def read_subject(values: Mapping[str, str], place: Place, note: Note | None) -> Subject:
    """The person a line names; raises FieldError for nobody, or for what cannot be used.

    With `note`, number or address alone is enough when the other cannot be used, and is told of.
    """
    phone, email = values["phone"], values.get("email", "")
    if not phone and not email:
        named = "phone or email" if "email" in values else "phone"
        raise FieldError("", f"names nobody: {named} must be given")
    try:
        return subject_of(phone, email, country=place.country)
    except BadNumberError as error:
        fault, rest = FieldError("phone", str(error)), {"phone": "", "email": email}
    except BadAddressError as error:
        fault, rest = FieldError("email", str(error)), {"phone": phone, "email": ""}
    if note is None or not any(rest.values()):
        raise fault
    note(fault)
    return read_subject(rest, place, None)


def read_method(text: str) -> Method:
    """The way of being contacted, all if it is left out; raises FieldError."""
    try:
        return Method(text.lower() or Method.ALL.value)
    except ValueError:
        named = ", ".join(method.value for method in Method)
        raise FieldError("method", f"is none of {named}") from None


def read_past(column: str, text: str, place: Place, now: datetime) -> datetime:
    """A moment that is over; raises FieldError."""
    try:
        return csv_table.read_moment(text, zone=place.zone, now=now)
    except ValueError as error:
        raise FieldError(column, str(error)) from None


def read_expiry(text: str, place: Place) -> datetime:
    """The moment at which a yes ends; raises FieldError."""
    try:
        return csv_table.read_end(text, zone=place.zone)
    except ValueError as error:
        raise FieldError("expires_at", str(error)) from None
