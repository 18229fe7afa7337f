"""The town understands every question and every menu that the product itself can ask."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.handset import Sound, Utterance
from simulator.population_ear import Keys, Scale, understood

CONFIG = Path(__file__).parents[2] / "config"
LANGUAGES = ("sv", "nb", "da", "fi", "en")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


QUESTIONS = [
    pytest.param(question, id=f"{path.stem}-{question['key']}")
    for path in sorted((CONFIG / "surveys").glob("*.yaml"))
    for question in read(path)["questions"]
]


def said(language: str, *texts: str) -> list[Utterance]:
    return [Utterance(Sound.SAY, 3.0, text, language, interruptible=True) for text in texts]


def asked(question: dict[str, Any], language: str) -> list[Utterance]:
    phrases = read(CONFIG / "prompts" / f"{language}.yaml")
    texts = [question["prompt"][language].replace("{organisation}", "Exempel AB")]
    if question["kind"] == "comment":
        texts.append(phrases["comment_offer"])
    for choice in question.get("choices", ()):
        offer = phrases["choice_key"].replace("{label}", choice["label"][language])
        texts.append(offer.replace("{key}", str(choice["key"])))
    return said(language, *texts)


def meant(question: dict[str, Any]) -> Scale | Keys:
    if "choices" in question:
        return Keys(tuple(str(choice["key"]) for choice in question["choices"]))
    if question["kind"] in ("comment", "follow_up", "yes_no"):
        return Keys(("1", "2"))
    scale = question.get("scale", {"lowest": 0, "highest": 10})
    return Scale(scale["lowest"], scale["highest"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_of_a_ready_survey_is_understood(
    question: dict[str, Any], language: str
) -> None:
    assert understood(asked(question, language), wanted=None) == meant(question)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("menu", "keys"),
    [("comment_review", "123"), ("object_menu", "123"), ("mailbox_review", "123")],
)
def test_a_standard_menu_is_understood(menu: str, keys: str, language: str) -> None:
    text = read(CONFIG / "prompts" / f"{language}.yaml")[menu]

    assert understood(said(language, text), wanted=1) == Keys(tuple(keys))
