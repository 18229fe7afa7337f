"""The retention schedules: what each organisation keeps how long, as the purge reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.period_order import surely_within
from config.periods import Period, Unit
from config.retention_changes import RULES
from config.retention_rules import DataClass, Extension, KeepUntil, RetentionRule, StartEvent, Then
from privacy.kinds import KINDS, Kind
from privacy.log_kinds import BY_COLLECTION, LOG_KINDS, OF_THE_HOUSE
from storage.tables import Organisation

HOUSE: Final = "the house"
"""No key of an organisation has a blank."""


class NoRuleError(Exception):
    """The organisation's schedule has no usable rule for a class; nothing is deleted on a guess."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The retention of one organisation: a period per class, None for never by age.

    Without an organisation it is what the house keeps for itself.
    """

    organisation_id: UUID | None
    organisation_key: str
    zone: ZoneInfo
    periods: Mapping[DataClass, Period | None]
    # The same in words, for receipts.
    rules: Mapping[DataClass, str]
    until_handled: frozenset[DataClass] = frozenset()
    extended_by: Mapping[DataClass, tuple[Extension, ...]] = field(default_factory=dict)
    # Classes of which something is kept, of nobody.
    anonymised: frozenset[DataClass] = frozenset()
    # Classes whose clock starts when the thing itself, or what it is about, was collected.
    from_collection: frozenset[DataClass] = frozenset()
    # Which version of the organisation's schedule it is; the house has one alone.
    version: int = 1

    def period(self, data_class: DataClass) -> Period | None:
        """The period of the class; raises NoRuleError when the schedule does not name it."""
        if data_class not in self.periods:
            raise NoRuleError(f"{self.organisation_key} has no retention rule for {data_class}")
        return self.periods[data_class]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What goes by this schedule, in the order in which it is deleted."""
        if self.organisation_id is None:
            return OF_THE_HOUSE
        return tuple(
            BY_COLLECTION.get(kind, kind) if kind.data_class in self.from_collection else kind
            for kind in (*KINDS, *LOG_KINDS)
            if self.contact_first or not kind.contact_first
        )

    @property
    def contact_first(self) -> bool:
        """Whether names, numbers and cases are kept for less time than the answers about them.

        Otherwise they go together with the last answer that refers to them. Files whose periods
        cross are refused; of one that was applied before, each goes by its own clock.
        """
        contact = self.periods.get(DataClass.CONTACT_LOG)
        answers = self.periods.get(DataClass.ANSWERS)
        if contact is None:
            return False
        return answers is None or not surely_within(answers, contact)


def schedule_of(organisation: Organisation) -> Schedule:
    """The schedule that is in force; raises NoRuleError when it cannot be read."""
    rules = organisation.document.get("retention", [])
    return schedule_under(organisation, rules, version=organisation.policy_number)


def schedule_under(organisation: Organisation, written: object, *, version: int) -> Schedule:
    """The schedule by these rules, in force or not; raises NoRuleError for ones nobody can read."""
    try:
        rules = RULES.validate_python(written)
    except ValidationError:
        raise NoRuleError(f"the retention rules of {organisation.key} cannot be read") from None
    return Schedule(
        organisation_id=organisation.id,
        organisation_key=organisation.key,
        zone=ZoneInfo(organisation.timezone),
        periods={rule.data_class: rule.longest for rule in rules},
        rules={rule.data_class: _in_words(rule, version) for rule in rules},
        until_handled=frozenset(
            rule.data_class for rule in rules if rule.keep is KeepUntil.HANDLED
        ),
        extended_by={rule.data_class: rule.extended_by for rule in rules},
        anonymised=frozenset(rule.data_class for rule in rules if rule.then is Then.ANONYMISE),
        from_collection=frozenset(
            rule.data_class for rule in rules if rule.start is StartEvent.COLLECTED
        ),
        version=version,
    )


def schedule_of_the_house() -> Schedule:
    """What belongs to no organisation is kept for a year; by the clock of UTC."""
    year = Period(1, Unit.YEAR)
    classes = {kind.data_class for kind in OF_THE_HOUSE}
    return Schedule(
        organisation_id=None,
        organisation_key=HOUSE,
        zone=ZoneInfo("UTC"),
        periods=dict.fromkeys(classes, year),
        rules={one: f"{one}: {year} from {StartEvent.EVENT}" for one in classes},
    )


def _in_words(rule: RetentionRule, version: int) -> str:
    ceiling = "" if rule.ceiling is None else f", {rule.ceiling} at most"
    then = ", then made anonymous" if rule.then is Then.ANONYMISE else ""
    return f"{rule.data_class}: {rule.keep} from {rule.start}{ceiling}{then}; version {version}"


def usable_schedules(session: Session) -> tuple[list[Schedule], list[Organisation]]:
    """Every schedule that can be read, the house's last, and the organisations without one."""
    usable, without = list[Schedule](), list[Organisation]()
    for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
        try:
            usable.append(schedule_of(organisation))
        except NoRuleError:
            without.append(organisation)
    return [*usable, schedule_of_the_house()], without
