"""Answers are told with the question as it was asked, and choices in the person's language."""

from pathlib import Path
from typing import Any

import pytest

from config.directory import load_configuration
from config.settings import PROJECT
from storage.house import House, transaction
from storage.tables import Answer, Customer, Response, SurveyVersion
from survey.script import SurveyScript
from survey.versions import freeze, to_document
from tests.privacy.test_access_package import data_of, everything, package
from tests.rows import NOON, add, make_organisation


@pytest.fixture(scope="module")
def script() -> SurveyScript:
    """A survey with a scale, a choice, a yes or no, and a comment with several wordings."""
    files = load_configuration(PROJECT / "config")
    survey = files.surveys["property-after-matter"]
    owner = files.organisations["property-management"]
    return freeze(owner, survey, files.prompts)


@pytest.fixture
def answered(house: House, script: SurveyScript) -> Customer:
    """Who answered that survey in Swedish: a score, a choice, a no, and a comment."""
    customer = everything(house, make_organisation())
    with transaction() as session:
        session.query(SurveyVersion).update({"document": to_document(script)})
        session.query(Answer).delete()
        response = session.query(Response).one()
    for key, kind, number, choice in (
        ("satisfaction", "csat", 3, None),
        ("topic", "choice", None, "neighbours"),
        ("resolved", "yes_no", None, "no"),
    ):
        assert script.question(key).kind == kind
        add(
            Answer(
                organisation_id=customer.organisation_id, response_id=response.id, kind=kind,
                question_key=key, number=number, choice=choice, answered_at=NOON,
            )
        )  # fmt: skip
    return customer


def told(house: House, customer: Customer, folder: Path, language: str | None) -> dict[str, Any]:
    response = data_of(package(house, customer, folder, language=language))["cases"][0]["response"]
    assert isinstance(response, dict)
    return response


def by_key(response: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["question"]: one for one in response["answers"]}


def test_an_answer_tells_its_question_its_scale_and_the_words_of_the_choice(
    answered: Customer, house: House, script: SurveyScript, tmp_path: Path
) -> None:
    answers = by_key(told(house, answered, tmp_path, "fi"))

    for key, one in answers.items():
        assert (one["asked"], one["asked_language"]) == (script.question(key).prompt["sv"], "sv")
    assert answers["satisfaction"]["scale"] == {"lowest": 1, "highest": 5, "best": 5}
    assert (answers["satisfaction"]["value"], answers["satisfaction"]["label"]) == (3, None)
    labels = {one.value: one.label["fi"] for one in script.question("topic").choices}
    assert answers["topic"]["label"] == labels["neighbours"]
    assert (answers["topic"]["value"], answers["topic"]["scale"]) == ("neighbours", None)
    assert answers["resolved"]["label"] == "ei"


def test_a_choice_is_told_as_it_was_heard_where_the_survey_lacks_the_persons_language(
    answered: Customer, house: House, script: SurveyScript, tmp_path: Path
) -> None:
    answers = by_key(told(house, answered, tmp_path, "de"))

    labels = {one.value: one.label["sv"] for one in script.question("topic").choices}
    assert answers["topic"]["label"] == labels["neighbours"]
    assert answers["resolved"]["label"] == "no"


def test_a_question_with_several_wordings_is_told_in_the_one_that_was_heard(
    answered: Customer, house: House, script: SurveyScript, tmp_path: Path
) -> None:
    asked = script.question("comment")
    (variant,) = (one for one in asked.variants if one.when.equals == "no")

    assert comment(told(house, answered, tmp_path, "sv")) == variant.prompt["sv"]
    answer(choice="yes")
    assert comment(told(house, answered, tmp_path, "sv")) != variant.prompt["sv"]
    answer(choice="no", corrected_at=NOON)  # which was heard before that nobody knows
    assert comment(told(house, answered, tmp_path, "sv")) == asked.prompt["sv"]


def answer(**changed: Any) -> None:
    with transaction() as session:
        session.query(Answer).filter(Answer.question_key == "resolved").update(changed)


def comment(response: dict[str, Any]) -> str | None:
    (found,) = (one["asked"] for one in response["comments"] if one["question"] == "comment")
    assert found is None or isinstance(found, str)
    return found


@pytest.mark.parametrize(("score", "heard"), [(2, "sad"), (3, "plain"), (4, "glad"), (5, "glad")])
def test_a_score_chooses_the_wording_as_it_did_in_the_call(
    answered: Customer, house: House, script: SurveyScript, tmp_path: Path, score: int, heard: str
) -> None:
    document = to_document(script)
    (question,) = (one for one in document["questions"] if one["key"] == "comment")
    question["prompt"] = {"sv": "plain"}
    when = {"question": "satisfaction", "at_least": None, "at_most": None, "equals": None}
    question["variants"] = [
        {"when": when | {"at_most": 2}, "prompt": {"sv": "sad"}},
        {"when": when | {"at_least": 4, "at_most": 5}, "prompt": {"sv": "glad"}},
    ]
    with transaction() as session:
        session.query(SurveyVersion).update({"document": document})
        session.query(Answer).filter(Answer.kind == "csat").update({"number": score})

    assert comment(told(house, answered, tmp_path, "sv")) == heard


def test_a_scale_on_which_the_lowest_is_best_says_so(
    answered: Customer, house: House, script: SurveyScript, tmp_path: Path
) -> None:
    document = to_document(script)
    for one in document["questions"]:
        one["direction"] = "low_is_good"
    with transaction() as session:
        session.query(SurveyVersion).update({"document": document})

    assert by_key(told(house, answered, tmp_path, "sv"))["satisfaction"]["scale"]["best"] == 1


def test_an_answer_to_a_question_that_no_version_knows_is_still_told(
    house: House, tmp_path: Path
) -> None:
    customer = everything(house, make_organisation())  # its version has no document

    (one,) = told(house, customer, tmp_path, "sv")["answers"]

    assert (one["question"], one["value"]) == ("recommend", 9)
    assert (one["asked"], one["label"], one["scale"]) == (None, None, None)


def test_the_page_shows_question_and_choice_instead_of_their_keys(
    answered: Customer, house: House, script: SurveyScript, tmp_path: Path
) -> None:
    archive = package(house, answered, tmp_path, language="fi")

    page = archive.read("index.html").decode()
    label = next(
        one.label["fi"] for one in script.question("topic").choices if one.value == "neighbours"
    )
    assert f'<dd lang="sv">{script.question("topic").prompt["sv"]}</dd>' in page
    assert f"<dd>{label}</dd>" in page
    assert "<dd>1–5 (paras: 5)</dd>" in page
    for key in ("neighbours", "resolved", "satisfaction", "topic", "recommend"):
        assert f"<dd>{key}</dd>" not in page
