"""The values within a record of a decision as JSON, and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from config.campaign_limits import RegisterBlocks
from config.campaign_rules import NEVER, FollowUpBasis
from config.periods import parse_period
from storage.states import FollowUp
from survey.permission_terms import (
    ConsentOnFile,
    FollowUpFacts,
    Method,
    Money,
    PermissionFacts,
    RegisterAnswer,
    Throttle,
)

Document = dict[str, Any]


def written(moment: datetime) -> str:
    """A moment in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read(text: str) -> datetime:
    """The moment; raises ValueError for one without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


def maybe(read: Callable[[Any], Any], value: Any) -> Any:
    """None for None."""
    return None if value is None else read(value)


def consent(one: ConsentOnFile) -> list[str]:
    """A yes with its beginning and end."""
    ends = [] if one.expires_at is None else [written(one.expires_at)]
    return [one.method.value, written(one.given_at), *ends]


def read_consent(method: str, given_at: str, expires_at: str | None = None) -> ConsentOnFile:
    """And back."""
    return ConsentOnFile(Method(method), read(given_at), maybe(read, expires_at))


def throttle(one: Throttle | None) -> list[str] | None:
    """When somebody was asked last, and for how long that counts."""
    return None if one is None else [written(one.asked_at), str(one.period)]


def read_throttle(found: list[str]) -> Throttle:
    """And back."""
    asked_at, period = found
    return Throttle(read(asked_at), parse_period(period))


def register(one: RegisterAnswer) -> Document:
    """A register's answer."""
    return {
        name: value
        for name, value in (
            ("key", one.key),
            ("blocks", one.blocks.value),
            ("listed", one.listed),
            ("until", maybe(written, one.valid_until)),
            ("on", maybe(written, one.checked_at)),
        )
        if value is not None
    }


def read_register(found: Document) -> RegisterAnswer:
    """And back."""
    return RegisterAnswer(
        found["key"],
        RegisterBlocks(found["blocks"]),
        found.get("listed"),
        maybe(read, found.get("until")),
        maybe(read, found.get("on")),
    )


def retry(facts: PermissionFacts) -> Document:
    """The retry rules."""
    return {
        cause.value: NEVER if rule is None else rule.model_dump(mode="json", exclude_defaults=True)
        for cause, rule in facts.retry.items()
    }


def money(one: Money | None) -> list[Any] | None:
    """What is spent and what may be."""
    if one is None:
        return None
    spent = [one.spent_today, one.spent_whole]
    freed = [maybe(written, one.free_by), maybe(written, one.whole_free_by)]
    while freed and freed[-1] is None:
        freed.pop()
    return [one.currency, one.price, one.day.isoformat(), *spent, one.per_day, one.whole, *freed]


def read_money(found: list[Any]) -> Money:
    """And back."""
    currency, price, day, spent_today, spent_whole, per_day, whole, *freed = found
    on = date.fromisoformat(day)
    free_by = (maybe(read, one) for one in freed)
    return Money(currency, price, on, spent_today, spent_whole, per_day, whole, *free_by)


def follow_up(one: FollowUpFacts | None) -> list[Any] | None:
    """What lets staff come back to an answer."""
    if one is None:
        return None
    return [one.basis.value if one.basis else None, one.said.value, one.answered, one.opens_case]


def read_follow_up(found: list[Any]) -> FollowUpFacts:
    """And back."""
    basis, said, answered, opens_case = found
    return FollowUpFacts(maybe(FollowUpBasis, basis), FollowUp(said), answered, opens_case)
