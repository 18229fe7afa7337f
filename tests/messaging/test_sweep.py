"""What lies at the provider unknown to us: heard late and removed, but never what is on its way."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from messaging import jobs, sweep
from storage import provider_copies
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction, utc_now
from storage.jobs import JobFailed
from storage.periodic import claim_due, mark_done
from storage.provider import MessageAtProvider, TextAtProvider
from storage.provider_copies import CopyKind
from storage.queue import JobName
from storage.states import ProviderCopyState
from storage.tables import (
    Alarm,
    Objection,
    PendingReceipt,
    PeriodicJob,
    ProviderCopy,
    ReceivedText,
)
from tests.messaging.conftest import LINE, NOON, PERSON, Texter

OLD = NOON - timedelta(minutes=10)


class Shelf:
    """A provider with some messages on it; it can be closed."""

    def __init__(self, *messages: tuple[str, str, datetime | None]) -> None:
        self.messages = messages
        self.read: list[str] = []
        self.asked_since: list[datetime] = []
        self.fault: Exception | None = None

    def list_messages(self, *, since: datetime) -> Iterator[MessageAtProvider]:
        self.asked_since.append(since)
        if self.fault is not None:
            raise self.fault
        for sid, direction, at in self.messages:
            yield MessageAtProvider(sid, "received", direction, at)

    def read_message(self, sid: str) -> TextAtProvider | None:
        self.read.append(sid)
        return None if sid == "SMgone" else TextAtProvider(PERSON, LINE, "STOPP")


def let_go() -> set[str]:
    with reading() as session:
        rows = session.scalars(select(ProviderCopy).where(ProviderCopy.delete_at.is_not(None)))
        return {row.provider_sid for row in rows}


def count(table: Any) -> int:
    with reading() as session:
        return len(session.scalars(select(table)).all())


def look(shelf: Shelf) -> int:
    return sweep.sweep(provider=shelf, now=NOON)  # type: ignore[arg-type]


def test_replies_go_and_messages_to_us_are_heard_and_go(shipped: House) -> None:
    shelf = Shelf(("SM1", "inbound", OLD), ("SM2", "outbound-reply", OLD))

    assert look(shelf) == 2

    assert (let_go(), shelf.read, count(Objection)) == ({"SM1", "SM2"}, ["SM1"], 1)
    assert look(shelf) == 0


def test_what_is_young_undated_or_sent_by_us_is_left_alone(shipped: House) -> None:
    shelf = Shelf(
        ("SM1", "inbound", NOON - timedelta(minutes=1)),
        ("SM2", "inbound", None),
        ("SM3", "outbound-api", OLD),
    )

    assert look(shelf) == 0
    assert (let_go(), count(Objection)) == (set(), 0)


def test_a_message_that_went_meanwhile_stops_nobody(shipped: House) -> None:
    assert look(Shelf(("SMgone", "inbound", OLD))) == 1
    assert count(Objection) == 0


@pytest.mark.parametrize("direction", ["inbound", "outbound-api"])
def test_a_text_that_was_called_gone_and_is_listed_all_the_same_is_deleted_again(
    shipped: House, direction: str
) -> None:
    with transaction() as session:
        copy = provider_copies.note(session, CopyKind.MESSAGE, "SM1", organisation_id=None, at=OLD)
        copy.state, copy.gone_at = ProviderCopyState.GONE, NOON - timedelta(hours=2)
    shelf = Shelf(("SM1", direction, OLD))

    assert look(shelf) == 1

    with transaction() as session:
        copy = session.scalars(select(ProviderCopy)).one()
        assert (copy.state, copy.delete_at) == (ProviderCopyState.PRESENT, NOON)
        assert session.scalars(select(Alarm.subject)).all() == ["SM1"]
        assert session.scalars(select(PendingReceipt.document)).one()["what"] == (
            "still_at_provider"
        )
        copy.state, copy.gone_at = ProviderCopyState.GONE, NOON - timedelta(hours=2)
    assert (shelf.read, count(Objection)) == ([], 0)  # it was heard before
    assert look(Shelf()) == 0
    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).one() == NOON


def test_more_than_a_page_is_swept(shipped: House) -> None:
    shelf = Shelf(*((f"SM{n}", "outbound-reply", OLD) for n in range(250)))

    assert look(shelf) == 250


def test_who_texted_us_is_forgotten_after_two_days(texter: Texter) -> None:
    texter.text("STOPP")

    sweep.sweep(provider=Shelf(), now=utc_now() + timedelta(hours=47))  # type: ignore[arg-type]
    assert count(ReceivedText) == 1
    sweep.sweep(provider=Shelf(), now=utc_now() + timedelta(hours=49))  # type: ignore[arg-type]
    assert count(ReceivedText) == 0
    assert count(Objection) == 1


def test_after_ten_days_away_the_sweep_looks_as_far_back_as_nobody_has_looked(
    shipped: House,
) -> None:
    shelf = Shelf()
    furnish(shipped, shelf)
    away_since = utc_now() - timedelta(days=10)
    with transaction() as session:
        claim_due(session, now=away_since)
        mark_done(session, JobName.SWEEP_TEXTS, now=away_since)

    jobs.sweep_texts()
    jobs.sweep_texts()

    assert shelf.asked_since[0] == away_since - sweep.LOOK_BACK
    assert shelf.asked_since[1] > utc_now() - sweep.LOOK_BACK - timedelta(minutes=5)


@pytest.mark.parametrize("fault", [GiveUp("no list here", code="404"), None])
def test_the_job_says_when_it_ran_also_where_messages_cannot_be_listed(
    shipped: House, fault: Exception | None
) -> None:
    shelf = Shelf()
    shelf.fault = fault
    furnish(shipped, shelf)
    with transaction() as session:
        claim_due(session, now=NOON)

    jobs.sweep_texts()

    with reading() as session:
        assert session.get_one(PeriodicJob, JobName.SWEEP_TEXTS.name).last_done_at is not None


def test_a_provider_that_is_away_is_asked_again_at_the_next_round(
    shipped: House,
) -> None:
    shelf = Shelf()
    shelf.fault = TryAgain("away", code="503")
    furnish(shipped, shelf)

    with pytest.raises(JobFailed, match="503"):
        jobs.sweep_texts()


def furnish(house: House, shelf: Shelf) -> None:
    """Put the shelf where the provider is; a house is made anew for each test."""
    object.__setattr__(house, "provider", shelf)
