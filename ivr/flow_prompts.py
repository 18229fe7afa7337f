"""What a caller hears at a moment of the conversation: the steps of one document.

Always the same steps for the same moment. The first step is speech, and every Gather and Record is
followed by a Redirect, so a call neither falls silent nor ends by accident.
"""

from dataclasses import dataclass
from typing import Final

from config.phrases import OPENINGS, Phrase
from ivr.flow_detours import language_keys
from ivr.flow_path import keys_of, wording
from ivr.flow_state import FlowState, Stage
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Say, Step, Waiting
from survey.script import Question, SurveyScript

# Any key ends a recording; a star is then read as the menu key.
RECORD_KEYS: Final = "1234567890*#"


@dataclass(frozen=True, slots=True)
class SpokenCode:
    """The code that opens one's own answers, and where; nothing of it is part of a state."""

    page: str
    digits: str


@dataclass(frozen=True, slots=True)
class TextedCode:
    """The code that opens one's own answers comes by text: only that is said."""


def prompt(
    state: FlowState, script: SurveyScript, *, code: SpokenCode | TextedCode | None = None
) -> tuple[Step, ...]:
    """The document of this moment; `code` is what is told where one is."""
    if state.stage is Stage.OVER:
        return (*_said(state, script, state.says or (Phrase.ALREADY_OVER,)), Hangup())
    if isinstance(code, TextedCode):
        told = (*state.says, Phrase.RECEIPT_CODE_TEXTED, Phrase.THANKS_GOODBYE)
        return (*_said(state, script, told), Hangup())
    if state.stage is Stage.RECEIPT and code is None:  # deleted while it was spoken
        return (*_said(state, script, (*state.says, Phrase.THANKS_GOODBYE)), Hangup())
    opening = _opening(state, script)
    if state.stage is Stage.RECORDING:
        return (*opening, *_record(state, script))
    if state.stage is Stage.LISTENING:
        waiting = _said(state, script, (*state.says, Phrase.COMMENT_NOT_READY))
        return (*opening, *waiting, Redirect(Waiting.SILENCE, state.visit))
    digits, seconds = 1, script.gather_seconds
    if state.stage is Stage.QUESTION:
        digits = max(len(key) for key in keys_of(_question(state, script)))
        seconds = script.two_digit_seconds if digits > 1 else script.gather_seconds
    gather = Gather(
        children=(*_said(state, script, state.says), *_asked(state, script, code)),
        num_digits=digits,
        # Nothing finishes the keys, so that hash and star arrive as keys of their own.
        finish_on_key="",
        timeout_seconds=seconds,
        visit=state.visit,
    )
    return (*opening, gather, Redirect(Waiting.SILENCE, state.visit))


def _opening(state: FlowState, script: SurveyScript) -> tuple[Say, ...]:
    """The notice: outside any Gather, so that no key can cut it short."""
    if not state.opening:
        return ()
    notice = OPENINGS[state.called_us, state.resumed]
    return _said(state, script, (notice, Phrase.KEYS_HELP))


def _asked(
    state: FlowState, script: SurveyScript, code: SpokenCode | None
) -> tuple[Say | Play, ...]:
    if state.stage is Stage.LANGUAGE:
        return _languages(state, script)
    if state.stage is Stage.RECEIPT and code is not None:
        return _code(state, script, code)
    if state.stage is Stage.OBJECTION:
        return _said(state, script, (Phrase.OBJECT_MENU,))
    if state.stage is Stage.REVIEW:
        review = _said(state, script, (Phrase.COMMENT_REVIEW,))
        if state.playing and state.recording is not None:
            return (Play(state.recording), *review)
        return review
    question = _question(state, script)
    asked = (Say(wording(question, state.language, state.answered), state.language),)
    if state.stage is Stage.OFFER:
        return (*asked, *_said(state, script, (Phrase.COMMENT_OFFER,)))
    return (*asked, *_choices(state, script, question))


def _record(state: FlowState, script: SurveyScript) -> tuple[Step, ...]:
    """The notice, the tone, the recording: none is ever made without the notice before it."""
    question = _question(state, script)
    return (
        *_said(state, script, (*state.says, Phrase.COMMENT_NOTICE)),
        Record(
            max_seconds=question.max_seconds,
            silence_seconds=question.silence_seconds,
            finish_on_key=RECORD_KEYS,
            visit=state.visit,
        ),
        Redirect(Waiting.UNRECORDED, state.visit),
    )


def _languages(state: FlowState, script: SurveyScript) -> tuple[Say, ...]:
    """The menu in the language that is spoken, then each language in its own words."""
    names = (
        Say(script.phrases[str(tag)][Phrase.LANGUAGE_NAME_KEY].replace("{key}", key), str(tag))
        for key, tag in language_keys(script).items()
    )
    return (*_said(state, script, (Phrase.LANGUAGE_MENU,)), *names)


def _code(state: FlowState, script: SurveyScript, code: SpokenCode) -> tuple[Say, ...]:
    """The digits one by one, three to a sentence of their own: a voice pauses between those."""
    told = script.phrases[state.language][Phrase.RECEIPT_CODE].replace("{page}", code.page)
    groups = (code.digits[at : at + 3] for at in range(0, len(code.digits), 3))
    return (
        Say(told, state.language),
        *(Say(", ".join(group), state.language) for group in groups),
        *_said(state, script, (Phrase.RECEIPT_CODE_AGAIN,)),
    )


def _choices(state: FlowState, script: SurveyScript, question: Question) -> tuple[Say, ...]:
    template = script.phrases[state.language][Phrase.CHOICE_KEY]
    return tuple(
        Say(
            template.replace("{label}", choice.label[state.language]).replace("{key}", choice.key),
            state.language,
        )
        for choice in question.choices
    )


def _said(state: FlowState, script: SurveyScript, phrases: tuple[Phrase, ...]) -> tuple[Say, ...]:
    return tuple(Say(script.phrases[state.language][phrase], state.language) for phrase in phrases)


def _question(state: FlowState, script: SurveyScript) -> Question:
    return script.question(state.question or "")
