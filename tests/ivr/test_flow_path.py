"""Which question comes next, and what pressed keys say."""

from collections.abc import Callable

import pytest

from ivr.flow_path import Key, holds, keys_of, language_for, next_open, read, wording
from survey.script import Choice, Condition, Question, QuestionKind, SurveyScript, Variant

Lender = Callable[..., SurveyScript]


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        ("1", 1),
        ("10", 10),
        ("0", 0),
        ("7", 7),
        ("7#", 7),
        ("1#", 1),
        ("#7", 7),
        ("0#", 0),
        ("07", Key.WRONG),
        ("00", Key.WRONG),
        ("01", Key.WRONG),
        ("11", Key.WRONG),
        ("99", Key.WRONG),
        ("100", Key.WRONG),
        ("1#0", Key.WRONG),
        ("A", Key.WRONG),
        ("hangup", Key.WRONG),
        ("٣", Key.WRONG),
        ("#", Key.REPEAT),
        ("##", Key.REPEAT),
        ("*", Key.MENU),
        ("1*", Key.MENU),
        ("*1", Key.MENU),
        ("#*", Key.MENU),
        ("", Key.NOTHING),
    ],
)
def test_keys_on_a_scale_of_nought_to_ten_are_never_guessed(
    lender: Lender, digits: str, said: object
) -> None:
    keys = keys_of(lender().question("recommend"))

    assert read(digits, keys) == said


def test_a_choice_is_answered_by_its_own_keys_with_its_stored_value() -> None:
    question = Question(
        key="topic",
        kind=QuestionKind.CHOICE,
        prompt={"sv": "?"},
        choices=(Choice("1", "invoice", {"sv": "faktura"}), Choice("4", "loan", {"sv": "lån"})),
    )

    keys = keys_of(question)

    assert keys == {"1": "invoice", "4": "loan"}


def test_yes_is_one_and_no_is_two_unless_the_question_says_otherwise() -> None:
    question = Question(key="solved", kind=QuestionKind.YES_NO, prompt={"sv": "?"})

    assert keys_of(question) == {"1": "yes", "2": "no"}


@pytest.mark.parametrize(
    ("condition", "answered", "expected"),
    [
        (Condition("q", at_most=6), {"q": 6}, True),
        (Condition("q", at_most=6), {"q": 7}, False),
        (Condition("q", at_least=9), {"q": 9}, True),
        (Condition("q", at_least=9), {"q": 8}, False),
        (Condition("q", at_least=2, at_most=4), {"q": 3}, True),
        (Condition("q", at_least=0), {"q": 0}, True),
        (Condition("q", at_most=6), {}, False),
        (Condition("q", equals="loan"), {"q": "loan"}, True),
        (Condition("q", equals="loan"), {"q": "invoice"}, False),
        (Condition("q", at_most=6), {"q": "loan"}, False),
        (Condition("q"), {"q": "anything"}, True),
    ],
)
def test_a_condition_holds_only_for_an_answer_within_its_bounds(
    condition: Condition, answered: dict[str, int | str], expected: bool
) -> None:
    assert holds(condition, answered) is expected


def test_the_way_leads_past_answered_passed_and_unfitting_questions(lender: Lender) -> None:
    script = lender()

    first = next_open(script, {}, ())
    low = next_open(script, {"satisfaction": 2, "recommend": 3}, ("comment",))
    high = next_open(script, {"satisfaction": 2, "recommend": 9}, ("comment",))

    assert first is not None
    assert first.key == "satisfaction"
    assert low is not None
    assert low.key == "follow_up"
    assert high is None


def test_the_first_fitting_variant_is_heard() -> None:
    question = Question(
        key="why",
        kind=QuestionKind.COMMENT,
        prompt={"sv": "berätta"},
        variants=(
            Variant(Condition("score", at_most=2), {"sv": "vad gick fel"}),
            Variant(Condition("score", at_least=5), {"sv": "vad var bra"}),
        ),
    )

    assert wording(question, "sv", {"score": 1}) == "vad gick fel"
    assert wording(question, "sv", {"score": 5}) == "vad var bra"
    assert wording(question, "sv", {"score": 3}) == "berätta"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("sv", "sv"),
        ("sv-FI", "sv"),
        ("en_GB", "en"),
        ("SV", "sv"),
        ("de", None),
        ("no", None),
        ("", None),
        (None, None),
    ],
)
def test_a_locale_finds_the_language_of_the_script(
    lender: Lender, locale: str | None, language: str | None
) -> None:
    assert language_for(lender(), locale) == language


@pytest.mark.parametrize("locale", ["no", "nn-NO", "nb"])
def test_every_norwegian_hears_bokmal(lender: Lender, locale: str) -> None:
    assert language_for(lender(languages=("sv", "nb")), locale) == "nb"
