"""Who or what picked up: until that is known nothing personal is said; a key means a person."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from config.campaign_rules import MachineDetection
from storage.house import House, house, reading, transaction, utc_now
from storage.queue import QueueName
from storage.states import Disposition
from storage.states import InvitationEventKind as Kind
from storage.tables import Answer, Attempt, Campaign, InvitationEvent
from survey import funnel, interactions
from survey.interactions import ToldInteraction
from survey.places import find_campaign
from tests.ivr.conftest import Handset, rows, the

Telephone = Any
# What is known of the person and the matter.
SECRETS = ("Ada", "Example", "174", "K-1044", "invoice", "Team North", "ada@example.org")


def somebody(detection: MachineDetection) -> None:
    """A case about which everything is known, in a campaign that listens for machines so."""
    now = utc_now()
    with transaction() as session:
        _, campaign = find_campaign(session, organisation="consumer-credit", campaign="after-case")
        campaign.rules = campaign.rules | {"answering_machine_detection": detection.value}
        told = ToldInteraction(
            "K-1044", "+46701740605", "070-174 06 05", now - timedelta(hours=2),
            email="ada@example.org", name="Ada Example", locale="en", channel="call",
            reason="invoice", team="Team North",
        )  # fmt: skip
        interactions.register(session, told, campaign=campaign, keyring=house().keyring, now=now)


def heard_in_silence(call: Handset) -> str:
    """All that is spoken to whatever says nothing and presses nothing, to the very end."""
    heard = list(call.answer().document.says)
    for _ in range(60):
        if "Hangup" in call.document.verbs:
            return " ".join(heard)
        (call.say_nothing if "Record" in call.document.verbs else call.silent)()
        heard += call.document.says
    raise AssertionError("the call never ends")


@pytest.mark.parametrize("detection", [MachineDetection.OFF, MachineDetection.ASYNC])
def test_nothing_personal_is_said_before_anybody_showed_to_be_a_person(
    telephone: Telephone, detection: MachineDetection
) -> None:
    somebody(detection)

    heard = heard_in_silence(telephone.ring())

    assert "Exempelkredit" in heard
    assert [secret for secret in SECRETS if secret in heard] == []


def test_with_a_verdict_first_a_machine_hears_nothing_at_all(telephone: Telephone) -> None:
    somebody(MachineDetection.SYNC)
    call = telephone.ring().answer(AnsweredBy="machine_end_beep")

    assert (call.document.verbs, call.document.says) == (["Hangup"], [])


@pytest.mark.parametrize("verdict", ["machine_start", "machine_end_beep", "fax", "human"])
def test_a_verdict_after_a_key_changes_nothing(
    telephone: Telephone, house: House, verdict: str
) -> None:
    somebody(MachineDetection.ASYNC)
    call = telephone.ring().answer().press("5")

    assert call.detected(verdict) == 204
    call.press("9")
    call.status("completed", 3)

    assert house.bell.queue(QueueName.DEFAULT).count == 0
    assert [one.number for one in rows(Answer)] == [5, 9]
    assert the(Attempt).disposition is Disposition.PARTIAL


def mistaken() -> list[UUID | None]:
    """The attempts whose person was taken for a machine, as the funnel counts them."""
    with reading() as session:
        found = session.scalars(
            select(InvitationEvent).where(InvitationEvent.kind == Kind.MISTAKEN)
        )
        attempts = [one.attempt_id for one in found]
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).first()
        assert campaign is not None
        assert funnel.of_campaign(session, campaign).whole.mistaken == len(attempts)
    return attempts


def test_who_was_taken_for_a_machine_and_pressed_a_key_is_counted_as_mistaken(
    telephone: Telephone,
) -> None:
    somebody(MachineDetection.ASYNC)
    call = telephone.ring().answer()
    call.detected("machine_start")
    call.press("5").press("9").press("2")
    call.status("completed", 3)
    call.status("completed", 3)  # told twice

    assert the(Attempt).disposition is Disposition.COMPLETED
    assert mistaken() == [the(Attempt).id]


def test_a_verdict_that_comes_when_the_call_is_over_is_counted_too_and_once(
    telephone: Telephone,
) -> None:
    somebody(MachineDetection.ASYNC)
    call = telephone.ring().answer().press("5")
    call.status("completed", 3)
    assert mistaken() == []

    call.detected("machine_end_beep")
    call.detected("machine_end_beep")

    assert mistaken() == [the(Attempt).id]


@pytest.mark.parametrize("verdict", ["human", "unknown"])
def test_a_person_who_was_taken_for_one_is_not_mistaken(telephone: Telephone, verdict: str) -> None:
    somebody(MachineDetection.ASYNC)
    call = telephone.ring().answer()
    call.detected(verdict)
    call.press("5").press("9").press("2")
    call.status("completed", 3)

    assert mistaken() == []


def test_a_machine_that_presses_nothing_is_not_mistaken(telephone: Telephone) -> None:
    somebody(MachineDetection.ASYNC)
    call = telephone.ring().answer()
    call.detected("machine_start")
    call.status("completed", 3)

    assert the(Attempt).disposition is Disposition.MACHINE
    assert mistaken() == []
