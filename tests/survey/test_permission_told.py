"""The most frequent decisions are told to the person in their language, the others in English."""

import dataclasses
import re
from types import SimpleNamespace
from typing import Any

import pytest

from config.campaign_rules import CallsAllowedBy
from storage.states import CampaignState, ContactPurpose, InvitationState
from survey.permission import decide
from survey.permission_record import to_document
from survey.permission_terms import Method, RegisterAnswer, Throttle
from survey.permission_told import SENTENCES, in_language
from survey.permission_words import in_words
from tests.survey.test_permission_moments import FACTS, NINETY, NOW, at

SOON = at(2026, 3, 11, 11, 0)


def row(**changed: Any) -> Any:
    """The decision on these facts as it is stored."""
    facts = dataclasses.replace(FACTS, **changed)
    made = decide(facts, now=NOW)
    return SimpleNamespace(
        rule=made.rule.value, method=facts.method.value, allowed=made.allowed,
        facts=to_document(facts), decided_at=NOW, next_allowed_at=made.next_allowed_at,
    )  # fmt: skip


def told(language: str, **changed: Any) -> tuple[str, str]:
    return in_language(language)(row(**changed))


@pytest.mark.parametrize(
    ("language", "changed", "words"),
    [
        ("sv", {}, "Det var tillåtet att ringa dig: det har bestämts att undersökningen inte är "
                   "marknadsföring (10 mars 2026)."),
        ("nb", {"signed_by": "A. Hansen"}, "Det var tillatt å ringe deg: det er bestemt at "
               "undersøkelsen ikke er markedsføring (A. Hansen, 10. mars 2026)."),
        ("da", {"called_in": True}, "Det var tilladt at ringe til dig: du ringede til os."),
        ("fi", {"called_in": True}, "Sinulle sai soittaa: soitit meille."),
        ("sv", {"method": Method.SMS},
         "Det var tillåtet att skicka sms till dig: det är ingen marknadsföring."),
        ("sv", {"objected_to": frozenset({Method.ALL})},
         "Du ringdes inte upp: du har sagt nej till all kontakt."),
        ("fi", {"objected_to": frozenset({Method.SMS}), "method": Method.SMS},
         "Sinulle ei lähetetty tekstiviestiä: olet kieltänyt tekstiviestit."),
        ("da", {"throttle": Throttle(at(2026, 3, 3, 12, 0), NINETY)},
         "Du blev ikke ringet op: du blev sidst spurgt den 3. marts 2026 om noget andet og bliver "
         "tidligst spurgt igen den 1. juni 2026."),
        ("fi", {"throttle": Throttle(at(2026, 3, 3, 12, 0), NINETY)},
         "Sinulle ei soitettu: sinulta kysyttiin viimeksi 3. maaliskuuta 2026 toisesta asiasta, ja "
         "uudelleen kysytään aikaisintaan 1. kesäkuuta 2026."),
        ("nb", {"invitation_state": InvitationState.COMPLETED},
         "Du ble ikke ringt opp: saken er avsluttet."),
        ("sv", {"restricted": True},
         "Du ringdes inte upp: dina uppgifter får inte användas förrän någon har hävt "
         "begränsningen. Det prövas igen den 11 mars 2026 kl. 11.00."),
        ("nb", {"due_at": SOON},
         "Du ble ikke ringt opp: det skulle skje tidligst 11. mars 2026 kl. 11.00. Det vurderes "
         "igjen 11. mars 2026 kl. 11.00."),
    ],
)  # fmt: skip
def test_a_frequent_decision_is_a_sentence_in_the_persons_language(
    language: str, changed: dict[str, Any], words: str
) -> None:
    assert told(language, **changed) == (words, language)


@pytest.mark.parametrize(
    ("language", "changed"),
    [
        ("en", {}),
        ("de", {}),
        ("sv", {"registers": (RegisterAnswer("nix", listed=True),)}),
        ("fi", {"method": Method.EMAIL}),
        ("nb", {"calls_allowed_by": CallsAllowedBy.HANDED_OVER, "started_by_person": True}),
        ("da", {"purpose": ContactPurpose.SERVICE}),
    ],
)
def test_any_other_is_the_sentence_of_staff_and_said_to_be_english(
    language: str, changed: dict[str, Any]
) -> None:
    assert told(language, **changed) == (in_words(row(**changed)), "en")


def test_what_cannot_be_read_is_told_in_english_by_its_rule() -> None:
    stored = row(campaign_state=CampaignState.PAUSED)
    stored.facts = {}

    assert in_language("sv")(stored) == ("Not allowed (rule: campaign not running).", "en")
    assert in_language(None)(stored)[1] == "en"


@pytest.mark.parametrize("name", SENTENCES)
def test_the_four_languages_have_the_same_places_to_fill(name: str) -> None:
    places = {frozenset(re.findall(r"\{\d\}", text)) for text in SENTENCES[name]}

    assert len(places) == 1
    assert all(text.strip() and not text.rstrip("}").endswith(" ") for text in SENTENCES[name])
