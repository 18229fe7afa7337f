"""Whoever waits for somebody's act is decided about when it is done, not hourly meanwhile."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import dialler
from config.directory import Configuration
from storage.house import House, transaction
from storage.identity import new_id
from storage.states import CampaignState
from storage.tables import Campaign, Customer, Invitation, PermissionDecision
from survey import (
    campaigns,
    interactions,
    invitations,
    organisations,
    restrictions,
    waking,
)
from survey.customers import About
from survey.interactions import ToldInteraction
from survey.permission import Refusal, Rule
from survey.restrictions import Cause
from survey.wish_import import import_consents, import_register

ANNA, OLLE = "+46701740605", "+46701740606"
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
CONSENT = {
    "purpose": "marketing",
    "calls_allowed_by": "consent",
    "decided_by": "Somebody",
    "decided_on": "2026-01-15",
}
NIX = {"registers": [{"key": "nix", "valid_for": "30 days"}]}

Write = Callable[..., Path]


class Waiting:
    """Two people who are looked at by a dialler, and put off by a rule or not."""

    def __init__(self, invite: Any, desk: Any, house: House) -> None:
        self._desk, self.house = desk, house
        self.items = {phone: invite(phone, phone=phone) for phone in (ANNA, OLLE)}

    def look(self, *, now: datetime = NOW, allowed: tuple[str, ...] = (), **rules: Any) -> None:
        """Decide about whoever is due, as a dialler does, and put them off."""
        with transaction() as session:
            for phone, item in self.items.items():
                invitation = session.get_one(Invitation, item)
                if invitation.due_at > now:
                    continue
                campaign = session.get_one(Campaign, invitation.campaign_id)
                campaign.rules = campaign.rules | rules
                session.flush()
                asked = self._desk.ask(
                    session, invitation, now=now, number=phone, allowed_numbers=allowed
                )
                if isinstance(asked, Refusal):
                    invitations.put_off(session, invitation, asked, now=now)

    def waits(self) -> dict[str, str | None]:
        """By which rule each of them waits for an act."""
        with transaction() as session:
            return {p: session.get_one(Invitation, i).waits_for for p, i in self.items.items()}

    def due(self, *, at: datetime) -> set[str]:
        """Who is looked at by then."""
        with transaction() as session:
            rows = {p: session.get_one(Invitation, i).due_at for p, i in self.items.items()}
        return {phone for phone, due_at in rows.items() if due_at <= at}

    def customer(self, session: Any, phone: str) -> Customer:
        invitation = session.get_one(Invitation, self.items[phone])
        found: Customer = session.get_one(Customer, invitation.customer_id)
        return found


@pytest.fixture
def waiting(invite: Any, desk: Any, shipped: House) -> Waiting:
    return Waiting(invite, desk, shipped)


def decisions() -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(PermissionDecision)) or 0


def wash(house: House, path: Path) -> None:
    import_register(
        house,
        path,
        organisation="consumer-credit",
        register="nix",
        checked_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=60),
    )


def apply(house: House, files: Configuration) -> None:
    with transaction() as session:
        organisations.apply(session, files, keyring=house.keyring, now=NOW)


def test_nobody_is_decided_about_again_within_a_day_while_nothing_is_done(
    waiting: Waiting,
) -> None:
    for hour in range(10):
        waiting.look(now=NOW + timedelta(hours=hour), **NIX)

    assert waiting.waits() == {ANNA: "not_washed", OLLE: "not_washed"}
    assert decisions() == 2
    assert waiting.due(at=TOMORROW - timedelta(minutes=1)) == set()
    assert waiting.due(at=TOMORROW) == {ANNA, OLLE}


def test_whoever_is_in_a_wash_is_looked_at_at_once_and_nobody_else(
    waiting: Waiting, write: Write
) -> None:
    waiting.look(**NIX)

    wash(waiting.house, write("phone,listed", f"{ANNA},no"))

    assert waiting.due(at=NOW) == {ANNA}
    assert waiting.waits() == {ANNA: None, OLLE: "not_washed"}
    waiting.look(now=NOW + timedelta(minutes=1))
    wash(waiting.house, write("phone,listed", f"{ANNA},no"))  # it says nothing new
    assert decisions() == 3


def test_a_consent_frees_whoever_waited_for_it(waiting: Waiting, write: Write) -> None:
    waiting.look(classification=CONSENT)
    assert waiting.waits() == {ANNA: "no_consent", OLLE: "no_consent"}

    file = write(
        "phone,email,method,given_at,source,expires_at", f"{OLLE},,calls,2026-03-01,web form,"
    )
    import_consents(waiting.house, file, organisation="consumer-credit", now=NOW)

    assert waiting.due(at=NOW) == {OLLE}


def test_whoever_is_frozen_is_looked_at_when_that_is_lifted(waiting: Waiting) -> None:
    with transaction() as session:
        anna = waiting.customer(session, ANNA)
        cause = Cause.OBJECTION_PENDING
        restrictions.restrict(session, anna, cause=cause, at=NOW, review_at=None)
    waiting.look()
    assert waiting.waits() == {ANNA: "restricted", OLLE: None}

    with transaction() as session:
        restrictions.lift(session, waiting.customer(session, ANNA), at=NOW)

    assert waiting.waits()[ANNA] is None
    assert ANNA in waiting.due(at=NOW)


def test_a_leave_that_an_import_tells_frees_a_minor(waiting: Waiting) -> None:
    with transaction() as session:
        waiting.customer(session, ANNA).minor = True
    waiting.look()
    assert waiting.waits()[ANNA] == "minor"

    with transaction() as session:
        item = session.get_one(Invitation, waiting.items[ANNA])
        interactions.register(
            session,
            ToldInteraction(
                "another", ANNA, ANNA, NOW, about=About(guardian_leave_on=date(2026, 3, 9))
            ),
            campaign=session.get_one(Campaign, item.campaign_id),
            keyring=waiting.house.keyring,
            now=NOW,
        )

    assert ANNA in waiting.due(at=NOW)


def test_a_file_that_changes_has_everybody_looked_at_who_waits_and_one_that_does_not_nobody(
    waiting: Waiting, files: Configuration
) -> None:
    waiting.look(**NIX)

    apply(waiting.house, files)  # which name no register
    changed = waiting.due(at=NOW)
    waiting.look(allowed=("+46700000000",))
    apply(waiting.house, files)

    assert changed == {ANNA, OLLE}
    assert waiting.due(at=NOW) == set()
    assert set(waiting.waits().values()) == {"not_on_allow_list"}


def test_a_campaign_that_is_started_has_those_looked_at_whom_its_standing_still_put_off(
    waiting: Waiting, desk: Any
) -> None:
    with transaction() as session:
        desk.campaign(session).state = CampaignState.PAUSED
    waiting.look()
    assert set(waiting.waits().values()) == {"campaign_not_running"}

    with transaction() as session:
        campaigns.set_state(
            session, organisation="consumer-credit", campaign="after-case",
            to=CampaignState.RUNNING, now=NOW,
        )  # fmt: skip

    assert waiting.due(at=NOW) == {ANNA, OLLE}


@pytest.mark.parametrize(
    ("allowed", "freed"), [((OLLE,), {OLLE}), ((), {ANNA, OLLE}), (("+46700000000",), set())]
)
def test_another_list_of_allowed_numbers_frees_whom_it_names(
    waiting: Waiting, allowed: tuple[str, ...], freed: set[str]
) -> None:
    waiting.look(allowed=("+46700000000",))
    assert set(waiting.waits().values()) == {"not_on_allow_list"}

    with transaction() as session:
        waking.listed(session, allowed, keyring=waiting.house.keyring)

    assert waiting.due(at=NOW) == freed


def test_a_dialler_that_starts_without_a_list_has_everybody_looked_at_whom_one_held_back(
    waiting: Waiting,
) -> None:
    waiting.look(allowed=("+46700000000",))
    assert waiting.due(at=NOW) == set()

    dialler.wake_the_listed()

    assert waiting.due(at=NOW) == {ANNA, OLLE}


def test_whoever_waits_for_time_to_pass_or_for_their_own_call_back_is_not_woken(
    waiting: Waiting, desk: Any
) -> None:
    night = NOW + timedelta(hours=12)
    waiting.look(**NIX)
    with transaction() as session:
        anna, olle = (session.get_one(Invitation, one) for one in waiting.items.values())
        campaign = session.get_one(Campaign, anna.campaign_id)
        campaign.rules = campaign.rules | {"registers": []}
        anna.due_at = NOW
        session.flush()
        desk.ring(session, anna)  # what it once waited for is forgotten
        anna.due_at = olle.due_at = night
        olle.waits_for = None

        waking.everybody(session, anna.organisation_id)

    assert waiting.due(at=NOW) == set()


def test_an_act_counts_for_whoever_waits_for_time_too(waiting: Waiting, write: Write) -> None:
    throttled = Refusal(new_id(), new_id(), Rule.THROTTLED, TOMORROW, (Rule.NO_CONSENT,))
    with transaction() as session:
        for item in waiting.items.values():
            invitations.put_off(session, session.get_one(Invitation, item), throttled, now=NOW)
    assert waiting.waits() == {ANNA: "no_consent", OLLE: "no_consent"}

    file = write(
        "phone,email,method,given_at,source,expires_at", f"{OLLE},,calls,2026-03-01,web form,"
    )
    import_consents(waiting.house, file, organisation="consumer-credit", now=NOW)

    assert waiting.due(at=NOW) == {OLLE}
    assert waiting.due(at=TOMORROW) == {ANNA, OLLE}


# SQLite has one writer at a time anyhow.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("act", ["wash", "files"])
def test_whoever_is_being_decided_about_during_the_act_is_looked_at_again_after_it(
    waiting: Waiting, desk: Any, write: Write, act: str
) -> None:
    with transaction() as session:
        campaign = desk.campaign(session)
        campaign.rules = campaign.rules | NIX
        owner = campaign.organisation_id
    file = write("phone,listed", f"{ANNA},no")
    decided, done = threading.Event(), threading.Event()

    def decide() -> None:
        with transaction() as session:
            locked = select(Invitation).where(Invitation.id == waiting.items[ANNA])
            anna = session.scalars(locked.with_for_update(key_share=True)).one()
            refusal = desk.ask(session, anna, now=NOW)
            decided.set()
            # Until the act has been written, and waits for us where it should.
            done.wait(0.5)
            invitations.put_off(session, anna, refusal, now=NOW)

    dialling = threading.Thread(target=decide)
    dialling.start()
    assert decided.wait(10)
    if act == "wash":
        wash(waiting.house, file)
    else:
        with transaction() as session:
            waking.everybody(session, owner)
    done.set()
    dialling.join()

    assert ANNA in waiting.due(at=NOW)
    assert waiting.waits()[ANNA] is None
