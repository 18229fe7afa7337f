"""What is due: by age alone, in whatever state it is, oldest first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from config.periods import Period, Unit
from config.retention_rules import (
    DataClass,
    Extension,
    KeepUntil,
    RetentionRule,
    StartEvent,
    Then,
)
from privacy.kinds import KINDS, Kind
from privacy.log_kinds import LOG_KINDS, OF_THE_HOUSE
from storage.tables import Organisation, Row

_RULES: Final = TypeAdapter(tuple[RetentionRule, ...])
# Any moment does: of two periods the shorter one is over first, whenever both begin.
_SOME_DAY: Final = datetime.fromisoformat("2025-01-01T12:00:00+00:00")
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
            kind for kind in (*KINDS, *LOG_KINDS) if self.contact_first or not kind.contact_first
        )

    @property
    def contact_first(self) -> bool:
        """Whether names, numbers and cases are kept for less time than the answers about them.

        Otherwise they go together with the last answer that refers to them.
        """
        contact = self.periods.get(DataClass.CONTACT_LOG)
        answers = self.periods.get(DataClass.ANSWERS)
        if contact is None:
            return False
        return answers is None or contact.after(_SOME_DAY, self.zone) < answers.after(
            _SOME_DAY, self.zone
        )


@dataclass(frozen=True, slots=True)
class Item:
    """A row with the moments that decide when it goes."""

    start: datetime
    id: UUID
    # When its time ended whatever its period says; None when only the period counts.
    ended_at: datetime | None = None


def schedule_of(organisation: Organisation) -> Schedule:
    """The schedule as the organisation's file has it; raises NoRuleError when it cannot be read."""
    try:
        rules = _RULES.validate_python(organisation.document.get("retention", []))
    except ValidationError:
        raise NoRuleError(f"the retention rules of {organisation.key} cannot be read") from None
    return Schedule(
        organisation_id=organisation.id,
        organisation_key=organisation.key,
        zone=ZoneInfo(organisation.timezone),
        periods={rule.data_class: rule.longest for rule in rules},
        rules={rule.data_class: _in_words(rule) for rule in rules},
        until_handled=frozenset(
            rule.data_class for rule in rules if rule.keep is KeepUntil.HANDLED
        ),
        extended_by={rule.data_class: rule.extended_by for rule in rules},
        anonymised=frozenset(rule.data_class for rule in rules if rule.then is Then.ANONYMISE),
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


def _in_words(rule: RetentionRule) -> str:
    ceiling = "" if rule.ceiling is None else f", {rule.ceiling} at most"
    then = ", then made anonymous" if rule.then is Then.ANONYMISE else ""
    return f"{rule.data_class}: {rule.keep} from {rule.start}{ceiling}{then}"


def due(
    session: Session,
    schedule: Schedule,
    kind: Kind,
    *,
    now: datetime,
    limit: int,
    after: Item | None = None,
) -> list[Item]:
    """Up to `limit` rows whose time may be over, oldest first; `after` is the last one before.

    A period ends on a calendar day, so some of the youngest may still be running: ask `is_over`.
    """
    period = schedule.period(kind.data_class)
    ends = kind.expires
    if ends is None and kind.data_class in schedule.until_handled:
        ends = kind.handled
    if period is None and ends is None:
        return []
    table = Row.metadata.tables[kind.table.__tablename__]
    over = []
    if period is not None and kind.expires is None:
        over.append(kind.start <= period.before(now, schedule.zone))
    if ends is not None:
        over.append(ends <= now)
    of = kind.organisation if kind.organisation is not None else table.c.organisation_id
    statement = kind.rows().where(of == schedule.organisation_id, or_(*over))
    if ends is not None:
        statement = statement.add_columns(ends)
    if after is not None:
        statement = statement.where(tuple_(kind.start, table.c.id) > tuple_(after.start, after.id))
    found = session.execute(statement.order_by(kind.start, table.c.id).limit(limit)).all()
    return [Item(*row) for row in found]


def is_over(schedule: Schedule, kind: Kind, item: Item, *, now: datetime) -> bool:
    """Whether the time of an item is over."""
    if item.ended_at is not None and item.ended_at <= now:
        return True
    period = schedule.period(kind.data_class)
    if period is None or kind.expires is not None:
        return False
    return period.is_over(item.start, at=now, zone=schedule.zone)


def count_due(session: Session, schedule: Schedule, *, now: datetime) -> dict[str, int]:
    """How many items of each class are due; what a purge at that moment counts under them."""
    counts: dict[str, int] = {}
    for kind in schedule.kinds:
        if kind.counted_as != kind.data_class:
            continue
        counts.setdefault(kind.counted_as, 0)
        after: Item | None = None
        while found := due(session, schedule, kind, now=now, limit=1_000, after=after):
            counts[kind.counted_as] += sum(is_over(schedule, kind, item, now=now) for item in found)
            after = found[-1]
    return counts


def usable_schedules(session: Session) -> tuple[list[Schedule], list[Organisation]]:
    """Every schedule that can be read, the house's last, and the organisations without one."""
    usable, without = list[Schedule](), list[Organisation]()
    for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
        try:
            usable.append(schedule_of(organisation))
        except NoRuleError:
            without.append(organisation)
    return [*usable, schedule_of_the_house()], without
