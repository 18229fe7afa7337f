"""The page of the benchmarks: one part can be measured anew, and the others stay as they were."""

from datetime import UTC, datetime

from tests.load.bench import FILE, PARTS
from tests.load.page import measured, renewed

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def part(text: str) -> str:
    return measured(f"## {text}\n\n| a |\n|---|\n| 1 |\n", at=AT, took=61.4, load=0.25)


def test_a_part_measured_anew_takes_the_place_of_the_older_one() -> None:
    page = renewed("", {"one": part("first"), "two": part("second")}, order=["one", "two"])

    again = renewed(page, {"one": part("first anew")}, order=["one", "two"])

    assert again.count("## ") == 2
    assert again.index("## first anew") < again.index("## second")
    assert "*Measured on 2026-03-04 in 61 s" in again
    assert "load average before it: 0.2.*" in again
    assert renewed(again, {}, order=["one", "two"]) == again


def test_a_part_that_is_measured_no_more_leaves_the_page() -> None:
    page = renewed("", {"one": part("first"), "two": part("second")}, order=["one", "two"])

    assert "second" not in renewed(page, {}, order=["one"])


def test_the_page_in_the_docs_holds_parts_of_the_bench_and_nothing_else() -> None:
    page = FILE.read_text("utf-8")
    order = list(PARTS)

    kept = [name for name in order if f"<!-- part: {name} -->" in page]

    assert kept
    assert page.count("<!-- part: ") == len(kept)
    assert page.count("*Measured on ") == len(kept)
