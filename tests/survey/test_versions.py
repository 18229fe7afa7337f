"""Frozen scripts: complete in every language, filled in, stored and read back unchanged."""

import json
import re
from pathlib import Path

import pytest

from config.directory import Configuration, load_configuration
from config.organisation_file import Organisation
from config.phrases import FROZEN, Phrase
from config.retention_rules import DataClass
from survey.script import Condition, Direction, QuestionKind, SurveyScript
from survey.versions import (
    MissingWordingError,
    fingerprint,
    freeze,
    freeze_mailbox,
    from_document,
    to_document,
)

SHIPPED = Path(__file__).resolve().parents[2] / "config"
# The phrases that the call itself completes.
OPEN = {
    Phrase.RECEIPT_CODE,
    Phrase.LANGUAGE_NAME_KEY,
    Phrase.CHOICE_KEY,
    Phrase.LAST_TRIED,
    Phrase.KEPT_CONTACT,
    Phrase.KEPT_ANSWERS,
    Phrase.KEPT_COMMENT,
    Phrase.DELETION_NOTED,
    Phrase.TEXT_CALL_BACK,
    Phrase.TEXT_RECEIPT_CODE,
}


@pytest.fixture(scope="module")
def shipped() -> Configuration:
    return load_configuration(SHIPPED)


@pytest.fixture(scope="module")
def credit(shipped: Configuration) -> SurveyScript:
    return freeze(
        shipped.organisations["consumer-credit"],
        shipped.surveys["credit-after-case"],
        shipped.prompts,
    )


def scripts(shipped: Configuration) -> list[SurveyScript]:
    return [
        freeze(organisation, shipped.surveys[campaign.survey], shipped.prompts)
        for organisation in shipped.organisations.values()
        for campaign in organisation.campaigns
    ]


def changed(
    organisation: Organisation, data_class: DataClass, keep: str, **more: str
) -> Organisation:
    document = organisation.document()
    for rule in document["retention"]:
        if rule["class"] == data_class:
            rule.update(keep=keep, **more)
    return Organisation.model_validate(document)


def test_every_phrase_is_there_in_every_language_without_a_hole(shipped: Configuration) -> None:
    for script in scripts(shipped):
        assert set(script.phrases) == set(script.languages)
        for texts in script.phrases.values():
            assert set(texts) == set(FROZEN)
            for phrase, text in texts.items():
                assert text.strip()
                assert ("{" in text) == (phrase in OPEN), phrase


def test_every_question_is_there_in_every_language_without_a_hole(shipped: Configuration) -> None:
    for script in scripts(shipped):
        for question in script.questions:
            wordings = [question.prompt, *(variant.prompt for variant in question.variants)]
            wordings += [choice.label for choice in question.choices]
            for texts in wordings:
                assert set(texts) == set(script.languages)
                assert not any("{" in text or "}" in text for text in texts.values())


def test_the_opening_says_for_whom_why_how_long_and_how_long_it_is_kept(
    credit: SurveyScript,
) -> None:
    assert credit.phrases["sv"][Phrase.OPENING] == (
        "Hej! Det här är ett automatiskt samtal från Exempelkredit. Det gäller hur vi har hanterat "
        "ditt ärende. Det är frivilligt att svara och tar ungefär 2 minuter. Dina svar används för "
        "att förbättra vår service och sparas i 18 månader. Om du inte vill bli uppringd igen, "
        "tryck stjärna när du hör en fråga."
    )


@pytest.mark.parametrize(
    ("language", "voluntary", "object_key", "answers", "comments"),
    [
        ("sv", "frivilligt", "stjärna", "18 månader", "12 månader"),
        ("nb", "frivillig", "stjerne", "18 måneder", "12 måneder"),
        ("da", "frivilligt", "stjerne", "18 måneder", "12 måneder"),
        ("fi", "vapaaehtoista", "tähteä", "18 kuukautta", "12 kuukautta"),
        ("en", "voluntary", "star", "18 months", "12 months"),
    ],
)
def test_the_notices_promise_what_the_schedule_keeps(
    credit: SurveyScript,
    language: str,
    voluntary: str,
    object_key: str,
    answers: str,
    comments: str,
) -> None:
    opening = credit.phrases[language][Phrase.OPENING]
    notice = credit.phrases[language][Phrase.COMMENT_NOTICE]

    for said in ("Exempelkredit", voluntary, object_key, answers):
        assert said in opening
    for said in ("Exempelkredit", comments):
        assert said in notice


def test_a_changed_schedule_changes_what_is_said_and_makes_another_version(
    shipped: Configuration, credit: SurveyScript
) -> None:
    shorter = changed(shipped.organisations["consumer-credit"], DataClass.ANSWERS, "90 days")

    script = freeze(shorter, shipped.surveys["credit-after-case"], shipped.prompts)

    assert "sparas i 90 dagar." in script.phrases["sv"][Phrase.OPENING]
    assert "18" not in script.phrases["sv"][Phrase.OPENING]
    assert fingerprint(script) != fingerprint(credit)


def test_a_rule_that_ends_by_handling_is_told_by_its_ceiling(shipped: Configuration) -> None:
    organisation = changed(
        shipped.organisations["consumer-credit"],
        DataClass.ANSWERS,
        "until handled",
        ceiling="1 month",
    )

    script = freeze(organisation, shipped.surveys["credit-after-case"], shipped.prompts)

    openings = [script.phrases[tag][Phrase.OPENING] for tag in ("sv", "nb", "da", "fi", "en")]
    expected = [
        "i högst 1 månad.",
        "i inntil 1 måned.",
        "i op til 1 måned.",
        "säilytetään enintään 1 kuukauden.",
        "for up to 1 month.",
    ]
    for opening, words in zip(openings, expected, strict=True):
        assert words in opening


def test_a_script_survives_being_stored(shipped: Configuration) -> None:
    for script in scripts(shipped):
        stored = json.loads(json.dumps(to_document(script)))

        assert from_document(stored) == script
        assert fingerprint(from_document(stored)) == fingerprint(script)


def test_freezing_twice_gives_the_same_version(shipped: Configuration) -> None:
    assert [fingerprint(one) for one in scripts(shipped)] == [
        fingerprint(one) for one in scripts(load_configuration(SHIPPED))
    ]


def test_a_fingerprint_is_a_hash(credit: SurveyScript) -> None:
    assert re.fullmatch("[0-9a-f]{64}", fingerprint(credit))


def test_questions_keep_their_scales_conditions_and_variants(credit: SurveyScript) -> None:
    recommend, comment = credit.question("recommend"), credit.question("comment")

    assert (recommend.lowest, recommend.highest) == (0, 10)
    assert recommend.direction is Direction.HIGH_IS_GOOD
    assert comment.kind is QuestionKind.COMMENT
    assert comment.variants[0].when == Condition("satisfaction", at_most=2)
    assert credit.question("follow_up").ask_when == Condition("satisfaction", at_most=2)
    assert (
        credit.question("satisfaction")
        .prompt["sv"]
        .startswith("Hur nöjd är du med hur Exempelkredit har hanterat ditt ärende?")
    )


def test_only_the_organisations_languages_are_in_the_script(shipped: Configuration) -> None:
    document = shipped.organisations["consumer-credit"].document() | {"languages": ["fi", "sv"]}
    organisation = Organisation.model_validate(document)

    script = freeze(organisation, shipped.surveys["credit-after-case"], shipped.prompts)

    assert script.languages == ("fi", "sv")
    assert set(script.questions[0].prompt) == {"fi", "sv"}


def test_a_missing_language_is_told_and_no_half_script_made(shipped: Configuration) -> None:
    organisation = shipped.organisations["consumer-credit"]
    without = {tag: texts for tag, texts in shipped.prompts.items() if tag != "da"}

    with pytest.raises(MissingWordingError, match=r"prompts/da\.yaml is missing"):
        freeze(organisation, shipped.surveys["credit-after-case"], without)


def test_a_name_with_braces_cannot_open_another_placeholder(shipped: Configuration) -> None:
    document = shipped.organisations["consumer-credit"].document()
    document["spoken_name"] = dict.fromkeys(document["spoken_name"], "{minutes}")

    script = freeze(
        Organisation.model_validate(document), shipped.surveys["credit-after-case"], shipped.prompts
    )

    assert "from {minutes}. It" in script.phrases["en"][Phrase.OPENING]


def test_a_mailbox_says_whose_it_is_and_how_long_messages_are_kept(shipped: Configuration) -> None:
    organisation = shipped.organisations["answering-service"]
    reception = freeze_mailbox(organisation, organisation.mailboxes[0], shipped.prompts)

    assert reception.greeting.startswith("Hej och välkommen till Exempelsvar.")
    assert "sparas i 6 månader" in reception.phrases[Phrase.MAILBOX_NOTICE]
    assert reception.review
    assert reception.max_seconds == 180
    assert not any("{" in text for text in reception.phrases.values())
    assert {phrase for phrase in Phrase if phrase.value.startswith("mailbox_")} <= set(
        reception.phrases
    )
    assert Phrase.OPENING not in reception.phrases


def test_a_mailbox_without_its_language_is_told(shipped: Configuration) -> None:
    organisation = shipped.organisations["property-management"]
    mailbox = organisation.mailboxes[0].model_copy(update={"language": "da"})

    with pytest.raises(MissingWordingError, match="greeting of customer-service"):
        freeze_mailbox(organisation, mailbox, shipped.prompts)
