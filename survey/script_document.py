"""A script as a JSON document: the form in which a survey version is stored for good."""

from collections.abc import Mapping
from typing import Any

from config.phrases import known_phrases
from storage.survey_versions import mark_of
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


def to_document(script: SurveyScript) -> dict[str, Any]:
    """A JSON object with everything of the script; `from_document` is its inverse."""
    document = {
        "survey": script.survey,
        "organisation": script.organisation,
        "languages": list(script.languages),
        "questions": [_question_to(question) for question in script.questions],
        "phrases": {
            language: {phrase.value: text for phrase, text in texts.items()}
            for language, texts in script.phrases.items()
        },
        "tries": script.tries,
        "when_unanswered": script.when_unanswered.value,
        "gather_seconds": script.gather_seconds,
        "two_digit_seconds": script.two_digit_seconds,
    }
    # Named only where it says something: the other scripts stay the same version.
    told = {"receipt_code": script.receipt_code, "receipt_by_text": script.receipt_by_text}
    return document | {name: True for name, said in told.items() if said}


def from_document(document: Mapping[str, Any]) -> SurveyScript:
    """The script; raises KeyError or ValueError for a document that is none.

    A phrase that was heard once and that no call says any more is left out.
    """
    return SurveyScript(
        survey=document["survey"],
        organisation=document["organisation"],
        languages=tuple(document["languages"]),
        questions=tuple(_question_from(question) for question in document["questions"]),
        phrases={language: known_phrases(texts) for language, texts in document["phrases"].items()},
        tries=document["tries"],
        when_unanswered=WhenUnanswered(document["when_unanswered"]),
        gather_seconds=document["gather_seconds"],
        two_digit_seconds=document["two_digit_seconds"],
        receipt_code=document.get("receipt_code", False),
        receipt_by_text=document.get("receipt_by_text", False),
    )


def fingerprint(script: SurveyScript) -> str:
    """SHA-256 in hex of the document: equal for scripts that sound the same, whoever wrote them."""
    return mark_of(to_document(script))


def _question_to(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind.value,
        "prompt": dict(question.prompt),
        "lowest": question.lowest,
        "highest": question.highest,
        "direction": question.direction.value if question.direction else None,
        "choices": [
            {"key": choice.key, "value": choice.value, "label": dict(choice.label)}
            for choice in question.choices
        ],
        "ask_when": _condition_to(question.ask_when) if question.ask_when else None,
        "variants": [
            {"when": _condition_to(variant.when), "prompt": dict(variant.prompt)}
            for variant in question.variants
        ],
        "max_seconds": question.max_seconds,
        "silence_seconds": question.silence_seconds,
    }


def _question_from(document: Mapping[str, Any]) -> Question:
    ask_when, direction = document["ask_when"], document["direction"]
    return Question(
        key=document["key"],
        kind=QuestionKind(document["kind"]),
        prompt=dict(document["prompt"]),
        lowest=document["lowest"],
        highest=document["highest"],
        direction=Direction(direction) if direction else None,
        choices=tuple(
            Choice(key=choice["key"], value=choice["value"], label=dict(choice["label"]))
            for choice in document["choices"]
        ),
        ask_when=_condition_from(ask_when) if ask_when else None,
        variants=tuple(
            Variant(when=_condition_from(variant["when"]), prompt=dict(variant["prompt"]))
            for variant in document["variants"]
        ),
        max_seconds=document["max_seconds"],
        silence_seconds=document["silence_seconds"],
    )


def _condition_to(condition: Condition) -> dict[str, Any]:
    return {
        "question": condition.question,
        "at_least": condition.at_least,
        "at_most": condition.at_most,
        "equals": condition.equals,
    }


def _condition_from(document: Mapping[str, Any]) -> Condition:
    return Condition(
        question=document["question"],
        at_least=document["at_least"],
        at_most=document["at_most"],
        equals=document["equals"],
    )
