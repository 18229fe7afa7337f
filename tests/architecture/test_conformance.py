"""Every line of the provider contract's conformance list is held by some test, by its id."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = {
    "C-SIG": 9, "C-CALL": 6, "C-GAT": 6, "C-REC": 8, "C-STA": 1, "C-AMD": 1, "C-DEL": 5,
    "C-SMS": 1, "C-HTTP": 2, "C-XML": 1, "C-PROF": 1,
}  # fmt: skip


def test_every_id_of_the_conformance_list_is_named_by_a_test() -> None:
    named: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        if path != Path(__file__):
            text = path.read_text()
            for family, first, last in re.findall(r"(C-[A-Z]+)-(\d+)(?:\.\.(\d+))?", text):
                named |= {f"{family}-{n}" for n in range(int(first), int(last or first) + 1)}
            for family, number in re.findall(r"def test_c_([a-z]+)_(\d+)_", text):
                named.add(f"C-{family.upper()}-{number}")

    wanted = {f"{family}-{n}" for family, count in LIST.items() for n in range(1, count + 1)}

    assert wanted - named == set()
