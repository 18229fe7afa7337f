"""The tables that a privacy officer reads: each line is decided as it says."""

from collections import Counter
from pathlib import Path

import pytest

from config.directory import load_configuration
from config.settings import PROJECT
from survey.permission import decide
from survey.permission_record import from_document, to_document
from survey.permission_terms import Rule
from tests.survey.permission_table import FOLDER, Case, cases

FILES = load_configuration(PROJECT / "config")
CASES = list(cases(FILES))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    decision = decide(case.facts, now=case.now)

    assert (decision.allowed, decision.rule.value, decision.next_allowed_at) == (
        case.allowed, case.rule, case.next_allowed_at,
    )  # fmt: skip
    again = decide(from_document(to_document(case.facts)), now=case.now)
    assert (again.allowed, again.rule, again.next_allowed_at) == (
        case.allowed, case.rule, case.next_allowed_at,
    )  # fmt: skip


def test_there_are_many_cases_and_all_five_profiles_have_theirs() -> None:
    tables = {Path(page).stem for page in FOLDER.glob("*.md")} - {"README"}
    counted = Counter(case.name.split(":")[0] for case in CASES)

    assert len(CASES) >= 150
    assert tables == set(FILES.organisations) == set(counted)
    assert min(counted.values()) >= 15
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_rule_decides_some_case() -> None:
    assert {rule.value for rule in Rule} - {case.rule for case in CASES} == set()
