"""A stored script is the script that was heard."""

import json

import pytest

from config.phrases import Phrase
from survey.script import (
    Choice,
    Condition,
    Direction,
    Question,
    QuestionKind,
    SurveyScript,
    Variant,
    WhenUnanswered,
)
from survey.script_document import fingerprint, from_document, to_document


@pytest.fixture
def script() -> SurveyScript:
    return SurveyScript(
        survey="after-case",
        organisation="Bolaget",
        languages=("sv", "fi"),
        questions=(
            Question(
                key="recommend",
                kind=QuestionKind.NPS,
                prompt={"sv": "Hur troligt?", "fi": "Kuinka?"},
                lowest=0,
                highest=10,
                direction=Direction.HIGH_IS_GOOD,
            ),
            Question(
                key="topic",
                kind=QuestionKind.CHOICE,
                prompt={"sv": "Vad?", "fi": "Mitä?"},
                choices=(Choice("1", "loan", {"sv": "lån", "fi": "laina"}),),
                ask_when=Condition("recommend", at_least=2, at_most=6),
                variants=(Variant(Condition("recommend", equals="2"), {"sv": "Å", "fi": "Ä"}),),
                max_seconds=60,
                silence_seconds=3,
            ),
        ),
        phrases={"sv": {Phrase.OPENING: "Hej"}, "fi": {Phrase.OPENING: "Hei"}},
        tries=2,
        when_unanswered=WhenUnanswered.END,
        gather_seconds=6,
        two_digit_seconds=3,
    )


def test_a_script_from_before_a_phrase_was_dropped_can_still_be_read(script: SurveyScript) -> None:
    stored = to_document(script)
    stored["phrases"]["sv"]["callback_offer"] = "Tryck 1 för att svara nu."

    assert from_document(stored) == script


def test_a_script_survives_being_stored(script: SurveyScript) -> None:
    stored = json.loads(json.dumps(to_document(script)))

    assert from_document(stored) == script


def test_the_fingerprint_is_of_what_is_heard(script: SurveyScript) -> None:
    same = from_document(to_document(script))
    other = from_document(to_document(script) | {"tries": 3})

    assert fingerprint(same) == fingerprint(script)
    assert fingerprint(other) != fingerprint(script)


def test_a_document_that_is_no_script_is_refused(script: SurveyScript) -> None:
    document = to_document(script)
    del document["questions"]

    with pytest.raises(KeyError, match="questions"):
        from_document(document)
