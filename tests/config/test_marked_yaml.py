"""YAML read strictly: what stays text, what is refused, and in which line."""

import pytest

from config.marked_yaml import Fault, read_yaml


def fault(text: str | bytes) -> Fault:
    marked = read_yaml(text.encode() if isinstance(text, str) else text)
    assert marked.data is None
    assert len(marked.faults) == 1
    return marked.faults[0]


def test_words_that_older_yaml_turns_into_something_else_stay_text() -> None:
    marked = read_yaml(
        b"a: off\nb: no\nc: NO\nd: 09:00\ne: +46846500400\nf: 2026-01-31\ng: 0123\nh: 1e3\n"
        b"i: yes\nj: .inf\nk: '12'\n"
    )

    assert list(marked.data.values()) == [
        "off",
        "no",
        "NO",
        "09:00",
        "+46846500400",
        "2026-01-31",
        "0123",
        "1e3",
        "yes",
        ".inf",
        "12",
    ]


def test_numbers_truth_and_nothing_are_what_they_look_like() -> None:
    marked = read_yaml(b"[0, -7, 1.5, true, false, null, ~, ]")

    assert marked.data == [0, -7, 1.5, True, False, None, None]


def test_every_field_knows_its_line() -> None:
    marked = read_yaml(b"# comment\na:\n  - x\n  - b: 1\n    c: 2\n")

    assert marked.line(("a",)) == 2
    assert marked.line(("a", 0)) == 3
    assert marked.line(("a", 1, "c")) == 5
    assert marked.line(("a", 1, "missing")) == 4
    assert marked.line(("missing",)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Fault(1, (), "is empty")),
        ("a: 1\n--- \nb: 2\n", Fault(2, (), "starts a second document; a file holds one")),
        (
            "a: &x 1\nb: *x\n",
            Fault(1, ("a",), "uses an anchor or alias; write the value out instead"),
        ),
        (
            "a: !!python/object:os.system {}\n",
            Fault(
                1,
                ("a",),
                "uses the tag tag:yaml.org,2002:python/object:os.system; leave the tag out",
            ),
        ),
        (
            "a: 1\nb: 2\na: 3\n",
            Fault(3, ("a",), "is given twice; the first is in line 1, keep one of them"),
        ),
        ("[1, 2]: 3\n", Fault(1, (), "has a field name that is not a plain word")),
        (b"a: 1\nb: \xff\n", Fault(2, (), "is not UTF-8 text here; save the file as UTF-8")),
        (b"a: 1\nb: \x07\n", Fault(2, (), "holds a control character, which YAML forbids")),
        ("a: [1, 2\nb: 3\n", Fault(2, (), "is not valid YAML: did not find expected ',' or ']'")),
        (
            "a: b: c\n",
            Fault(1, (), "is not valid YAML: mapping values are not allowed in this context"),
        ),
    ],
)
def test_a_fault_is_told_with_its_line(text: str | bytes, expected: Fault) -> None:
    found = fault(text)

    assert (found.line, found.path) == (expected.line, expected.path)
    assert found.message[:40] == expected.message[:40]


def test_depth_cannot_exhaust_the_stack() -> None:
    assert "nested deeper than 20 levels" in fault("[" * 100_000).message


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    bomb = "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n"

    assert "anchor" in fault(bomb).message


def test_a_file_of_megabytes_is_refused() -> None:
    assert "larger than 1000000 bytes" in fault("a" * 1_000_001).message


def test_a_number_of_thousands_of_digits_stays_text() -> None:
    assert read_yaml(b"a: " + b"9" * 10_000).data == {"a": "9" * 10_000}


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1").data == {"a": 1}
