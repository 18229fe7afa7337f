"""The text to somebody whom a call did not reach, in their language, and with a way to say no."""

import re
from typing import Final

from sqlalchemy.orm import Session

from config.phrases import Phrase
from config.wording import fill
from messaging.text_parts import LONGEST
from messaging.words import meaning_of
from storage.faults import GiveUp
from storage.states import TextWord
from storage.tables import Campaign, Customer, Line, SurveyVersion
from survey.numbers import readable
from survey.script import SurveyScript
from survey.script_document import from_document

_WORD: Final = re.compile(r"\w+")


class NoTextError(GiveUp):
    """There is no text that may be sent: the survey has none, or it names no way to say no."""


def text_for(session: Session, campaign: Campaign, customer: Customer, line: Line) -> str:
    """What the person is texted, from the campaign's present survey version.

    Raises NoTextError.
    """
    version = session.get_one(SurveyVersion, campaign.survey_version_id)
    script = from_document(version.document)
    wording = script.phrases.get(_language(script, customer.locale), {}).get(Phrase.TEXT_CALL_BACK)
    if wording is None:
        raise NoTextError("the survey was frozen without a text", code="no_text")
    text = fill(wording, {"number": readable(line.number)})
    if not names_a_way_out(text):
        raise NoTextError("the text names no word that stops us", code="text_without_stop")
    return text[:LONGEST]


def names_a_way_out(text: str) -> bool:
    """Whether one of its words is one that we take for a stop when it is sent back to us.

    Only one in capitals: it must be seen to be a word to answer with.
    """
    words = _WORD.findall(text)
    return any(word.isupper() and meaning_of(word) is TextWord.STOP for word in words)


def _language(script: SurveyScript, locale: str | None) -> str:
    tag = (locale or "").replace("_", "-").split("-")[0].lower()
    tag = "nb" if tag in ("no", "nn") else tag
    return tag if tag in script.languages else script.languages[0]
