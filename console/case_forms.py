"""The form for one new case: what was typed, and what must be mended before it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from config.notations import check_mail
from survey.customers import About
from survey.interaction_file import LONGEST
from survey.interactions import ToldInteraction
from survey.numbers import BadNumberError, to_e164

FIELDS: Final = (
    "case_reference", "phone", "name", "email", "language", "channel", "reason", "team",
)  # fmt: skip
REQUIRED: Final = frozenset({"case_reference", "phone"})
# Where a number came from that staff wrote down.
_SOURCE: Final = "written down by staff"
_NAMES: Final = {"case_reference": "A case reference", "phone": "A telephone number"}


@dataclass(frozen=True, slots=True)
class CaseForm:
    """What was typed, by field, and a sentence for each field that must be mended."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    told: ToldInteraction | None = None


def read(
    form: Mapping[str, str], *, country: str, languages: tuple[str, ...], now: datetime
) -> CaseForm:
    """The typed form; `told` is set when nothing must be mended.

    National numbers are read as of `country`. Faults never repeat what was typed.
    """
    values = {name: form.get(name, "").strip() for name in FIELDS}
    faults: dict[str, str] = {}
    for name, value in values.items():
        most = LONGEST.get(name, 80)
        if name in REQUIRED and not value:
            faults[name] = f"{_NAMES[name]} is needed."
        elif len(value) > most:
            faults[name] = f"Too long: {most} characters at most."
        elif not value.isprintable():
            faults[name] = "This holds characters that cannot be shown."
    phone = ""
    if "phone" not in faults:
        try:
            phone = to_e164(values["phone"], country=country)
        except BadNumberError as error:
            faults["phone"] = f"This {error}."
    if values["email"] and "email" not in faults:
        try:
            check_mail(values["email"])
        except ValueError:
            faults["email"] = "This is not an e-mail address; name@example.org would be right."
    if values["language"] and values["language"] not in languages:
        faults["language"] = "Choose one of the campaign’s languages."
    if faults:
        return CaseForm(values, faults)
    told = ToldInteraction(
        case_reference=values["case_reference"],
        phone=phone,
        phone_as_given=values["phone"],
        happened_at=now,
        email=values["email"] or None,
        name=values["name"] or None,
        locale=values["language"] or None,
        channel=values["channel"] or None,
        reason=values["reason"] or None,
        team=values["team"] or None,
        about=About(source=_SOURCE),
    )
    return CaseForm(values, told=told)
