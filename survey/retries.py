"""Trying again: each cause has its own wait and its own maximum, reckoned from the attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from config.campaign_rules import Retry, RetryBy, RetryCause
from storage.states import Disposition

# COMPLETED and REFUSED are final, after a text that arrived it is the person's turn, and for an
# attempt that was never placed or given back nobody was asked: none of the five is a cause.
CAUSE_OF: Final[Mapping[Disposition, RetryCause]] = {
    Disposition.BUSY: RetryCause.BUSY,
    Disposition.NO_ANSWER: RetryCause.NO_ANSWER,
    Disposition.MACHINE: RetryCause.MACHINE,
    Disposition.FAILED: RetryCause.FAILED,
    Disposition.CANCELED: RetryCause.FAILED,
    Disposition.PROVIDER_ERROR: RetryCause.PROVIDER,
    Disposition.PARTIAL: RetryCause.CUT,
    Disposition.UNANSWERED: RetryCause.HUNG_UP,
}
FINAL: Final = frozenset({Disposition.COMPLETED, Disposition.REFUSED})
# The person's telephone rang: after few of these they are left in peace, whatever the causes say.
RANG: Final = frozenset(
    {Disposition.NO_ANSWER, Disposition.MACHINE, Disposition.PARTIAL, Disposition.UNANSWERED}
)
# Nobody's telephone rang, so nobody is bothered by a quick second try.
NEVER_PLACED_WAIT: Final = timedelta(minutes=1)
NEVER_PLACED_MOST: Final = 20
# Where the operator's file says nothing about a provider that is busy, away or at fault.
PROVIDER_RULE: Final = Retry.model_validate({"after": "5 minutes", "times": 10})


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One attempt that is over."""

    disposition: Disposition
    ended_at: datetime


def next_attempt_at(
    past: Sequence[PastAttempt],
    rules: Mapping[RetryCause, Retry | None],
    *,
    most_calls: int | None,
) -> datetime | None:
    """When the next attempt may be made, by the retry rules alone; None when none is left.

    `most_calls` is how often a telephone may ring in all; None is no limit. A text message rings
    nothing.

    `past` is in the order of the attempts and not empty, without those given back; a cause without
    a rule is never retried, except that of a provider at fault, which has one of its own.
    """
    if any(one.disposition in FINAL for one in past):
        return None
    last = past[-1]
    if last.disposition is Disposition.TEXTED:
        return None
    if last.disposition is Disposition.NEVER_PLACED:
        never = sum(one.disposition is Disposition.NEVER_PLACED for one in past)
        return last.ended_at + NEVER_PLACED_WAIT if never < NEVER_PLACED_MOST else None
    cause = CAUSE_OF[last.disposition]
    rule = rules.get(cause, PROVIDER_RULE if cause is RetryCause.PROVIDER else None)
    # The first attempt that failed so was no retry of this cause; every later one was.
    same = sum(CAUSE_OF.get(one.disposition) is cause for one in past)
    if rule is None or same > rule.times:
        return None
    rung = sum(one.disposition in RANG for one in past)
    if rule.then is RetryBy.CALL and most_calls is not None and rung >= most_calls:
        return None
    return last.ended_at + rule.after


def next_attempt_by(
    past: Sequence[PastAttempt], rules: Mapping[RetryCause, Retry | None]
) -> RetryBy:
    """How the next attempt reaches for the person: a rule may send a text message instead."""
    causes = [CAUSE_OF[one.disposition] for one in past if one.disposition in CAUSE_OF]
    rule = rules.get(causes[-1]) if causes else None
    return RetryBy.CALL if rule is None else rule.then
