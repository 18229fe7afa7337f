"""Every line of the provider contract's conformance list is held by a test of the application.

A test says so with the mark `conformance`, a scenario with the field of that name. A comment or a
docstring counts for nothing.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = {
    "C-SIG": 9, "C-CALL": 6, "C-GAT": 6, "C-REC": 8, "C-STA": 1, "C-AMD": 1, "C-DEL": 5,
    "C-SMS": 1, "C-HTTP": 2, "C-XML": 1, "C-PROF": 1,
}  # fmt: skip
WANTED = {f"{family}-{n}" for family, count in LIST.items() for n in range(1, count + 1)}


def marks_of(source: str) -> Iterator[str]:
    """The ids in the marks of a module: on tests and their cases, or on the whole module."""
    for node in ast.walk(ast.parse(source)):
        places: list[ast.expr] = []
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            places = node.decorator_list
        if isinstance(node, ast.keyword) and node.arg == "marks":
            places = [node.value]
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == [
            "pytestmark"
        ]:
            places = [node.value]
        for part in (part for place in places for part in ast.walk(place)):
            if isinstance(part, ast.Call) and ast.unparse(part.func) == "pytest.mark.conformance":
                yield from (one.value for one in part.args if isinstance(one, ast.Constant))


def held_by(folders: Iterator[Path]) -> set[str]:
    """The ids that the tests and scenarios in these folders say they hold."""
    held: set[str] = set()
    for folder in folders:
        for path in folder.rglob("test_*.py"):
            held |= set(marks_of(path.read_text("utf-8")))
        for path in folder.rglob("*.toml"):
            expect = tomllib.loads(path.read_text("utf-8")).get("expect", {})
            held |= set(expect.get("conformance", []))
    return held


def test_every_id_of_the_conformance_list_is_held_by_a_test_of_the_application() -> None:
    rooms = (one for one in (ROOT / "tests").iterdir() if one.is_dir() and one.name != "simulator")

    assert WANTED - held_by(rooms) == set()


def test_no_test_claims_an_id_that_the_list_does_not_have() -> None:
    assert held_by(iter([ROOT / "tests"])) - WANTED == set()


def test_a_comment_a_docstring_or_a_string_claims_nothing() -> None:
    source = '''
import pytest
# C-SIG-1: @pytest.mark.conformance("C-SIG-2")
pytestmark = [pytest.mark.slow, pytest.mark.conformance("C-SIG-3")]
@pytest.mark.conformance("C-SIG-4", "C-SIG-5")
@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.conformance("C-SIG-6"))])
def test_it(n):
    """C-SIG-7"""
    pytest.mark.conformance("C-SIG-8")
def helper():
    return 'pytest.mark.conformance("C-SIG-9")'
'''

    assert set(marks_of(source)) == {"C-SIG-3", "C-SIG-4", "C-SIG-5", "C-SIG-6"}
