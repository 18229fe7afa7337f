"""The standard phrases a caller can hear or read; `config/prompts/LANG.yaml` words each of them.

A phrase may use only the placeholders named here. The loader refuses a language file in which a
phrase is missing, unknown, or uses another placeholder, so nobody hears a hole in a sentence.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from config.retention_rules import DataClass


class Phrase(StrEnum):
    """A sentence or two; the value is its key in the language files."""

    OPENING = "opening"
    OPENING_RESUMED = "opening_resumed"
    OPENING_CALLED_US = "opening_called_us"
    OPENING_CALLED_US_RESUMED = "opening_called_us_resumed"
    KEYS_HELP = "keys_help"
    LANGUAGE_NAME_KEY = "language_name_key"
    CHOICE_KEY = "choice_key"
    WRONG_KEY = "wrong_key"
    NOTHING_PRESSED = "nothing_pressed"
    SKIPPED = "skipped"
    COMMENT_OFFER = "comment_offer"
    COMMENT_NOTICE = "comment_notice"
    COMMENT_NOTHING_HEARD = "comment_nothing_heard"
    COMMENT_REVIEW = "comment_review"
    COMMENT_NOT_READY = "comment_not_ready"
    COMMENT_CANNOT_BE_PLAYED = "comment_cannot_be_played"
    COMMENT_KEPT = "comment_kept"
    FOLLOW_UP_YES = "follow_up_yes"
    FOLLOW_UP_NO = "follow_up_no"
    OBJECT_MENU = "object_menu"
    OBJECTED_CALLS = "objected_calls"
    OBJECTED_ALL = "objected_all"
    LANGUAGE_MENU = "language_menu"
    CONTINUE = "continue"
    RECEIPT_CODE = "receipt_code"
    RECEIPT_CODE_AGAIN = "receipt_code_again"
    RECEIPT_CODE_TEXTED = "receipt_code_texted"
    THANKS_GOODBYE = "thanks_goodbye"
    UNANSWERED_GOODBYE = "unanswered_goodbye"
    ALREADY_OVER = "already_over"
    TECHNICAL_ERROR = "technical_error"
    NUMBER_EXPLAINED = "number_explained"
    LINE_EXPLAINED = "line_explained"
    LAST_TRIED = "last_tried"
    DESK_ANSWER = "desk_answer"
    DESK_RESUME = "desk_resume"
    DESK_KEPT = "desk_kept"
    DESK_DELETION = "desk_deletion"
    DESK_OBJECT = "desk_object"
    DESK_HELP = "desk_help"
    NOTHING_TO_ANSWER = "nothing_to_answer"
    KEPT_INTRODUCED = "kept_introduced"
    KEPT_CONTACT = "kept_contact"
    KEPT_ANSWERS = "kept_answers"
    KEPT_COMMENT = "kept_comment"
    KEPT_OBJECTION = "kept_objection"
    KEPT_FROZEN = "kept_frozen"
    KEPT_HELD = "kept_held"
    KEPT_NOTHING = "kept_nothing"
    DELETION_CONFIRM = "deletion_confirm"
    DELETION_NOTED = "deletion_noted"
    OBJECTION_WHICH = "objection_which"
    OBJECTION_NUMBER = "objection_number"
    OBJECTION_NUMBER_WRONG = "objection_number_wrong"
    OBJECTED_NUMBER = "objected_number"
    NUMBER_NOT_IN_USE = "number_not_in_use"
    MAILBOX_NOTICE = "mailbox_notice"
    MAILBOX_REVIEW = "mailbox_review"
    MAILBOX_NOTHING_HEARD = "mailbox_nothing_heard"
    MAILBOX_SAVED = "mailbox_saved"
    TEXT_CALL_BACK = "text_call_back"
    TEXT_RECEIPT_CODE = "text_receipt_code"
    TEXT_STOPPED = "text_stopped"
    TEXT_STOPPED_SMS = "text_stopped_sms"
    TEXT_STARTED = "text_started"
    TEXT_STARTED_PARTLY = "text_started_partly"
    TEXT_HELP = "text_help"
    TEXT_OTHER = "text_other"


WRITTEN: Final = frozenset(
    {
        Phrase.TEXT_CALL_BACK,
        Phrase.TEXT_RECEIPT_CODE,
        Phrase.TEXT_STOPPED,
        Phrase.TEXT_STOPPED_SMS,
        Phrase.TEXT_STARTED,
        Phrase.TEXT_STARTED_PARTLY,
        Phrase.TEXT_HELP,
        Phrase.TEXT_OTHER,
    }
)
"""Sent as text messages, never spoken."""
SPOKEN: Final = tuple(phrase for phrase in Phrase if phrase not in WRITTEN)
"""All that a call can say."""
FROZEN: Final = (*SPOKEN, Phrase.TEXT_CALL_BACK, Phrase.TEXT_RECEIPT_CODE)
"""What a survey version keeps, word for word."""
OPENINGS: Final[Mapping[tuple[bool, bool], Phrase]] = {
    (False, False): Phrase.OPENING,
    (False, True): Phrase.OPENING_RESUMED,
    (True, False): Phrase.OPENING_CALLED_US,
    (True, True): Phrase.OPENING_CALLED_US_RESUMED,
}
"""The notice at the beginning: by whether they called us, and whether an earlier call was cut."""


# What each phrase is for, shown to translators, and the placeholders it may use.
PLACEHOLDERS: Final[Mapping[Phrase, frozenset[str]]] = {
    # Said first and never skippable: for whom, why, voluntary, how long it takes, how long it is
    # kept, how to say no.
    Phrase.OPENING: frozenset({"organisation", "purpose", "minutes", "answers_period"}),
    # A later call after a cut: who, and that we go on where we stopped. Never skippable either.
    Phrase.OPENING_RESUMED: frozenset({"organisation", "purpose"}),
    # The same to somebody who called us and heard for whom and why a moment ago.
    Phrase.OPENING_CALLED_US: frozenset({"minutes", "answers_period"}),
    Phrase.OPENING_CALLED_US_RESUMED: frozenset({"answers_period"}),
    # Star = no more calls or another language; hash = hear the question again.
    Phrase.KEYS_HELP: frozenset(),
    # "For English, press {key}." spoken in that language.
    Phrase.LANGUAGE_NAME_KEY: frozenset({"key"}),
    # "For {label}, press {key}." one alternative of a choice question. A script keeps both
    # placeholders: the call fills them in for each alternative as it is offered.
    Phrase.CHOICE_KEY: frozenset({"label", "key"}),
    Phrase.WRONG_KEY: frozenset(),
    Phrase.NOTHING_PRESSED: frozenset(),
    Phrase.SKIPPED: frozenset(),
    # "To leave a comment press 1, to go on without one press 2."
    Phrase.COMMENT_OFFER: frozenset(),
    # Before the tone, never skippable: recorded, what for, how long kept, how to end.
    Phrase.COMMENT_NOTICE: frozenset({"organisation", "comments_period"}),
    Phrase.COMMENT_NOTHING_HEARD: frozenset(),
    # "Press 1 to keep it, 2 to hear it again, 3 to record it again."
    Phrase.COMMENT_REVIEW: frozenset(),
    # "One moment." while the recording is on its way.
    Phrase.COMMENT_NOT_READY: frozenset(),
    Phrase.COMMENT_CANNOT_BE_PLAYED: frozenset(),
    Phrase.COMMENT_KEPT: frozenset(),
    Phrase.FOLLOW_UP_YES: frozenset(),
    Phrase.FOLLOW_UP_NO: frozenset(),
    # "1: no more calls. 2: no contact in any way. 3: another language. Any other key: go on."
    Phrase.OBJECT_MENU: frozenset(),
    Phrase.OBJECTED_CALLS: frozenset({"organisation"}),
    Phrase.OBJECTED_ALL: frozenset({"organisation"}),
    # Introduces the list of languages, each said by its own LANGUAGE_NAME_KEY.
    Phrase.LANGUAGE_MENU: frozenset(),
    Phrase.CONTINUE: frozenset(),
    # What the code is for and where; the call fills in the address of the page, and says the digits
    # after it.
    Phrase.RECEIPT_CODE: frozenset({"page"}),
    # "To hear it again press hash. You may also just hang up."
    Phrase.RECEIPT_CODE_AGAIN: frozenset(),
    # Instead of both: that a code comes by text, and what it is for.
    Phrase.RECEIPT_CODE_TEXTED: frozenset(),
    Phrase.THANKS_GOODBYE: frozenset({"organisation"}),
    Phrase.UNANSWERED_GOODBYE: frozenset({"organisation"}),
    # A webhook for a call that is already over, or a survey already answered.
    Phrase.ALREADY_OVER: frozenset(),
    Phrase.TECHNICAL_ERROR: frozenset(),
    # A customer calls the shown number: for whom we ring, why, that answering is voluntary.
    Phrase.NUMBER_EXPLAINED: frozenset({"organisation", "purpose"}),
    # Anybody else does: the same without a word that is about one person.
    Phrase.LINE_EXPLAINED: frozenset({"organisation"}),
    # "We last tried to reach you on {day}." The call fills in a day such as "9 March 2026".
    Phrase.LAST_TRIED: frozenset({"day"}),
    # The menu, of which a caller hears the parts that are for them: 1 answer, or go on where the
    # call broke off; 2 hear what is kept; 3 ask for deletion; star no more calls or a language;
    # hash all of it again.
    Phrase.DESK_ANSWER: frozenset(),
    Phrase.DESK_RESUME: frozenset(),
    Phrase.DESK_KEPT: frozenset(),
    Phrase.DESK_DELETION: frozenset(),
    Phrase.DESK_OBJECT: frozenset(),
    Phrase.DESK_HELP: frozenset(),
    # They pressed 1, and meanwhile the questions were withdrawn or became too old.
    Phrase.NOTHING_TO_ANSWER: frozenset(),
    # What is kept: kinds and last days, never what it says. "Until {day} at the latest".
    Phrase.KEPT_INTRODUCED: frozenset({"organisation"}),
    Phrase.KEPT_CONTACT: frozenset({"day"}),
    Phrase.KEPT_ANSWERS: frozenset({"day"}),
    Phrase.KEPT_COMMENT: frozenset({"day"}),
    # That they want no contact: as a code, for as long as anybody is asked.
    Phrase.KEPT_OBJECTION: frozenset({"organisation"}),
    # Their data are restricted, so nothing is deleted before that is settled.
    Phrase.KEPT_FROZEN: frozenset(),
    Phrase.KEPT_HELD: frozenset(),
    Phrase.KEPT_NOTHING: frozenset(),
    # "1: ask for deletion, and no contact any more. Any other key: go back."
    Phrase.DELETION_CONFIRM: frozenset(),
    # The call fills in the digits of the reference.
    Phrase.DELETION_NOTED: frozenset({"organisation", "reference"}),
    # A caller we do not know objects: 1 for the number they call from, 2 for another.
    Phrase.OBJECTION_WHICH: frozenset(),
    # "Enter the number, area code first, and finish with hash."
    Phrase.OBJECTION_NUMBER: frozenset(),
    Phrase.OBJECTION_NUMBER_WRONG: frozenset(),
    # The same words whether the number is known or not.
    Phrase.OBJECTED_NUMBER: frozenset({"organisation"}),
    Phrase.NUMBER_NOT_IN_USE: frozenset(),
    # After the mailbox's own greeting, before the tone.
    Phrase.MAILBOX_NOTICE: frozenset({"organisation", "messages_period"}),
    # "Press 1 to send it, 2 to hear it again, 3 to record it again. You may also just hang up."
    Phrase.MAILBOX_REVIEW: frozenset(),
    Phrase.MAILBOX_NOTHING_HEARD: frozenset(),
    Phrase.MAILBOX_SAVED: frozenset({"organisation"}),
    # To somebody a call did not reach: who asks, about what, whom to call back, how to say no.
    # A version keeps {number}: it is that of the campaign's line.
    Phrase.TEXT_CALL_BACK: frozenset({"organisation", "purpose", "number"}),
    # The code and the page it opens; both are filled in when it is sent.
    Phrase.TEXT_RECEIPT_CODE: frozenset({"organisation", "code", "page"}),
    # "EXAMPLE: Noted. We will not contact you again in any way. Changed your mind? Reply START."
    Phrase.TEXT_STOPPED: frozenset({"organisation"}),
    # The same where a STOP covers text messages alone.
    Phrase.TEXT_STOPPED_SMS: frozenset({"organisation"}),
    Phrase.TEXT_STARTED: frozenset({"organisation"}),
    # The same where a no that was said in another way holds on, and whom to turn to about that.
    Phrase.TEXT_STARTED_PARTLY: frozenset({"organisation", "contact"}),
    # Who we are, why we text, how to say no, whom to ask about one's data.
    Phrase.TEXT_HELP: frozenset({"organisation", "contact"}),
    # To a message that is no word we know: that nobody reads it, and whom to turn to.
    Phrase.TEXT_OTHER: frozenset({"organisation", "contact"}),
}

PERIODS: Final[Mapping[str, DataClass]] = {
    "answers_period": DataClass.ANSWERS,
    "comments_period": DataClass.FREE_COMMENTS,
    "messages_period": DataClass.TELEPHONE_MESSAGES,
}
"""Placeholders that say how long something is kept, and what."""

_BY_NAME = {phrase.value: phrase for phrase in Phrase}


def known_phrases(texts: Mapping[str, str]) -> dict[Phrase, str]:
    """Texts stored by name; one that was heard once and that no call says any more is left out."""
    return {_BY_NAME[name]: text for name, text in texts.items() if name in _BY_NAME}
