"""Whatever an operator's file becomes, the answer is a configuration or its list of problems."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.directory import load_configuration
from config.problems import ConfigurationError
from survey.versions import freeze, freeze_mailbox, from_document, to_document

SHIPPED = Path(__file__).resolve().parents[2] / "config"
FILES = (
    "organisations/property-management.yaml",
    "surveys/property-after-matter.yaml",
    "prompts/da.yaml",
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "never",
            "no",
            "sv",
            "{organisation}",
            "{",
            "1 month",
            "09:00",
            "24:00",
            "+46846500400",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["sv", "key", "question", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def small() -> Iterator[Path]:
    """One organisation, its survey and the phrases: quick to load."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(SHIPPED / "prompts", folder / "prompts")
        for file in FILES[:2]:
            (folder / file).parent.mkdir()
            shutil.copy(SHIPPED / file, folder / file)
        yield folder


def check(folder: Path, file: str, content: bytes) -> None:
    """Load with one file replaced; what loads must also freeze and survive being stored."""
    (folder / file).write_bytes(content)
    refusal: ConfigurationError | None = None
    try:
        found = load_configuration(folder)
        for organisation in found.organisations.values():
            for campaign in organisation.campaigns:
                script = freeze(organisation, found.surveys[campaign.survey], found.prompts)
                assert from_document(to_document(script)) == script
            for mailbox in organisation.mailboxes:
                freeze_mailbox(organisation, mailbox, found.prompts)
    except ConfigurationError as error:
        refusal = error
    finally:
        shutil.copy(SHIPPED / file, folder / file)
    if refusal is not None:
        assert all(problem.line >= 1 and problem.message for problem in refusal.problems)


@relaxed
@given(
    file=st.sampled_from(FILES),
    cut=st.tuples(st.integers(0, 9000), st.integers(0, 60)),
    new=st.binary(max_size=12)
    | st.sampled_from(
        [b"\n", b": ", b"- ", b"[", b"{", b"&a ", b"*a", b"!!map ", b"\t", b"'", b"? "]
    ),
)
def test_bytes_cut_out_and_put_in_raise_nothing_else(
    small: Path, file: str, cut: tuple[int, int], new: bytes
) -> None:
    raw = (SHIPPED / file).read_bytes()
    at = cut[0] % len(raw)

    check(small, file, raw[:at] + new + raw[at + cut[1] :])


@relaxed
@given(data=st.data(), file=st.sampled_from(FILES))
def test_any_value_in_any_place_raises_nothing_else(
    small: Path, data: st.DataObject, file: str
) -> None:
    document = yaml.load((SHIPPED / file).read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    parent, name = data.draw(st.sampled_from(list(places(document))))
    if data.draw(st.booleans()):
        parent[name] = data.draw(VALUES)
    else:
        del parent[name]

    check(small, file, yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "replace"))


@relaxed
@given(data=st.data(), file=st.sampled_from(FILES))
def test_values_that_change_places_raise_nothing_else(
    small: Path, data: st.DataObject, file: str
) -> None:
    document = yaml.load((SHIPPED / file).read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    where = st.sampled_from(list(places(document)))
    (one, name), (other, second) = data.draw(where), data.draw(where)
    copied = yaml.safe_dump(other[second], allow_unicode=True)
    one[name] = yaml.load(copied, Loader=yaml.BaseLoader)  # noqa: S506

    check(small, file, yaml.safe_dump(document, allow_unicode=True).encode())


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document that holds a value: what it lies in, and under which name."""
    names = node.keys() if isinstance(node, dict) else range(len(node))
    for name in names:
        yield node, name
        if isinstance(node[name], dict | list):
            yield from places(node[name])
