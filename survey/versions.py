"""From the operator's files to the frozen words of a call.

A frozen script no longer depends on any file: a later change of wording, period or name makes a new
version, and answers point to the version that was heard.
"""

from collections.abc import Mapping

from config.campaign_rules import Condition as ConditionRules
from config.number_rules import Mailbox
from config.organisation_file import Organisation
from config.phrases import FROZEN, PLACEHOLDERS, SPOKEN
from config.prompt_file import Prompts
from config.retention_rules import DataClass
from config.spoken_periods import keeping_in_words, minutes_in_words
from config.survey_file import Question as QuestionRules
from config.survey_file import ReceiptCode, Survey
from config.wording import fill
from survey.mailbox_script import MailboxScript
from survey.script import (
    Choice,
    Condition,
    Direction,
    Question,
    QuestionKind,
    SurveyScript,
    Texts,
    Variant,
    WhenUnanswered,
)
from survey.script_document import fingerprint, from_document, to_document

__all__ = [
    "MissingWordingError",
    "fingerprint",
    "freeze",
    "freeze_mailbox",
    "from_document",
    "to_document",
]

# What a message's caller can be told: a mailbox has no survey, so neither purpose nor length.
_MAILBOX_PLACEHOLDERS = frozenset({"organisation", "messages_period"})


class MissingWordingError(LookupError):
    """Something has no wording in a language that the organisation speaks."""


def freeze(
    organisation: Organisation, survey: Survey, prompts: Mapping[str, Prompts]
) -> SurveyScript:
    """The survey as this organisation's customers hear it, complete in each of its languages.

    Raises MissingWordingError when a text or a file of phrases lacks a language.
    """
    values = {tag: _values(organisation, survey, tag) for tag in organisation.languages}
    return SurveyScript(
        survey=survey.key,
        organisation=organisation.key,
        languages=organisation.languages,
        questions=tuple(_question(question, values) for question in survey.questions),
        phrases={
            tag: {phrase: fill(_phrases(prompts, tag)[phrase], said) for phrase in FROZEN}
            for tag, said in values.items()
        },
        tries=survey.tries,
        when_unanswered=WhenUnanswered(survey.when_unanswered),
        receipt_code=survey.receipt_code is not ReceiptCode.OFF,
        receipt_by_text=survey.receipt_code is ReceiptCode.SMS,
    )


def freeze_mailbox(
    organisation: Organisation, mailbox: Mailbox, prompts: Mapping[str, Prompts]
) -> MailboxScript:
    """The mailbox as its callers hear it.

    Raises MissingWordingError when the greeting or the phrases lack the mailbox's language.
    """
    tag = mailbox.language
    said = {
        "organisation": _in(organisation.spoken_name, tag, what="spoken_name"),
        "messages_period": keeping_in_words(organisation.rule(DataClass.TELEPHONE_MESSAGES), tag),
    }
    phrases = _phrases(prompts, tag)
    return MailboxScript(
        mailbox=mailbox.key,
        organisation=organisation.key,
        language=tag,
        greeting=fill(_in(mailbox.greeting, tag, what=f"the greeting of {mailbox.key}"), said),
        phrases={
            phrase: fill(phrases[phrase], said)
            for phrase in SPOKEN
            if PLACEHOLDERS[phrase] <= _MAILBOX_PLACEHOLDERS
        },
        max_seconds=mailbox.max_seconds,
        review=mailbox.review,
    )


def _values(organisation: Organisation, survey: Survey, tag: str) -> dict[str, str]:
    """What each placeholder stands for in one language; keys are left to the call."""
    return {
        "organisation": _in(organisation.spoken_name, tag, what="spoken_name"),
        "purpose": _in(survey.purpose, tag, what=f"the purpose of {survey.key}"),
        "minutes": minutes_in_words(survey.minutes, tag),
        "answers_period": keeping_in_words(organisation.rule(DataClass.ANSWERS), tag),
        "comments_period": keeping_in_words(organisation.rule(DataClass.FREE_COMMENTS), tag),
        "messages_period": keeping_in_words(organisation.rule(DataClass.TELEPHONE_MESSAGES), tag),
    }


def _question(rules: QuestionRules, values: Mapping[str, Mapping[str, str]]) -> Question:
    scale = rules.scored
    return Question(
        key=rules.key,
        kind=QuestionKind(rules.kind),
        prompt=_texts(rules.prompt, values, what=f"the question {rules.key}"),
        lowest=scale.lowest if scale else None,
        highest=scale.highest if scale else None,
        direction=Direction(scale.direction) if scale else None,
        choices=tuple(
            Choice(
                key=choice.key,
                value=choice.value,
                label=_texts(choice.label, values, what=f"the choice {choice.value}"),
            )
            for choice in rules.choices
        ),
        ask_when=_condition(rules.ask_when) if rules.ask_when else None,
        variants=tuple(
            Variant(
                when=_condition(variant.when),
                prompt=_texts(variant.prompt, values, what=f"a variant of {rules.key}"),
            )
            for variant in rules.variants
        ),
        max_seconds=rules.max_seconds,
        silence_seconds=rules.silence_seconds,
    )


def _condition(rules: ConditionRules) -> Condition:
    return Condition(
        question=rules.question,
        at_least=rules.at_least,
        at_most=rules.at_most,
        equals=rules.equals,
    )


def _texts(texts: Texts, values: Mapping[str, Mapping[str, str]], *, what: str) -> Texts:
    return {tag: fill(_in(texts, tag, what=what), said) for tag, said in values.items()}


def _in(texts: Texts, tag: str, *, what: str) -> str:
    if tag not in texts:
        raise MissingWordingError(f"{what} has no wording in {tag}")
    return texts[tag]


def _phrases(prompts: Mapping[str, Prompts], tag: str) -> Prompts:
    if tag not in prompts:
        raise MissingWordingError(f"there are no phrases in {tag}; prompts/{tag}.yaml is missing")
    return prompts[tag]
