"""The page about configuration names everything there is to configure."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.campaign_limits import Ceiling, CompanyNumbers, Price, Quota, Register
from config.campaign_rules import Campaign, CaseRule, Classification, Condition, Retry
from config.number_rules import Line, Mailbox
from config.organisation_file import Contact, Organisation
from config.phrases import PLACEHOLDERS, Phrase
from config.retention_rules import DataClass, Extension, RetentionRule, StartEvent
from config.settings import Settings
from config.survey_file import Choice, Kind, Question, Scale, Survey, Variant
from config.wording import REQUIRED

PAGE = (Path(__file__).resolve().parents[2] / "docs/configuration.md").read_text("utf-8")
SCHEMAS = (
    Organisation,
    Contact,
    RetentionRule,
    Line,
    Campaign,
    Retry,
    Classification,
    CaseRule,
    Condition,
    Quota,
    Register,
    CompanyNumbers,
    Price,
    Ceiling,
    Mailbox,
    Survey,
    Question,
    Scale,
    Choice,
    Variant,
)


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_every_setting_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_every_field_of_the_files_is_on_the_page_and_describes_itself(
    schema: type[BaseModel],
) -> None:
    for name, field in schema.model_fields.items():
        assert f"`{field.alias or name}`" in PAGE, name
        assert field.description, name


def test_no_schema_is_left_out_here() -> None:
    seen: set[type[BaseModel]] = set()

    def walk(schema: type[BaseModel]) -> None:
        seen.add(schema)
        for field in schema.model_fields.values():
            for found in re.findall(r"config\.\w+\.\w+", repr(field.annotation)):
                kind = {f"{one.__module__}.{one.__name__}": one for one in SCHEMAS}.get(found)
                if kind and kind not in seen:
                    walk(kind)

    walk(Organisation)
    walk(Survey)
    assert seen == set(SCHEMAS)


@pytest.mark.parametrize("kind", [DataClass, StartEvent, Extension, Kind])
def test_every_word_of_a_closed_list_is_on_the_page(kind: type) -> None:
    for member in kind:  # type: ignore[attr-defined]
        assert f"`{member.value}`" in PAGE


def test_every_phrase_is_on_the_page_with_its_placeholders() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    for phrase in Phrase:
        (row,) = [line for line in rows if f"`{phrase.value}`" in line.split("|")[1]][-1:]
        said = set(re.findall(r"\{([a-z_]+)\}", row))
        assert said == PLACEHOLDERS[phrase], phrase
        assert set(re.findall(r"\{([a-z_]+)\}`\\\*", row)) == REQUIRED.get(phrase, frozenset())


def test_every_setting_named_on_the_page_exists() -> None:
    tables = PAGE.split("## Files")[0]
    named = set()
    for line in tables.splitlines():
        if line.startswith("| `"):
            named |= set(re.findall(r"`([A-Z_]+)`", line.split("|")[1]))

    assert named == {name.upper() for name in Settings.model_fields}
