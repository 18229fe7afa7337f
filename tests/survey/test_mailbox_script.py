"""A mailbox's script as a stored document."""

import json

import pytest

from config.phrases import Phrase
from survey.mailbox_script import MailboxScript, mailbox_from_document, mailbox_to_document

SCRIPT = MailboxScript(
    mailbox="reception",
    organisation="answering-service",
    language="sv",
    greeting="Hej!",
    phrases={Phrase.MAILBOX_NOTICE: "Tala efter tonen.", Phrase.MAILBOX_SAVED: "Tack!"},
    max_seconds=90,
    review=False,
)


def test_a_mailbox_survives_being_stored() -> None:
    assert mailbox_from_document(json.loads(json.dumps(mailbox_to_document(SCRIPT)))) == SCRIPT


def test_a_mailbox_from_before_a_phrase_was_dropped_still_answers() -> None:
    stored = mailbox_to_document(SCRIPT)
    stored["phrases"]["mailbox_hum"] = "Hm."

    assert mailbox_from_document(stored) == SCRIPT


def test_a_document_that_is_no_mailbox_is_refused() -> None:
    document = mailbox_to_document(SCRIPT)
    del document["greeting"]

    with pytest.raises(KeyError, match="greeting"):
        mailbox_from_document(document)
