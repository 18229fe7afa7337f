"""The data map outside of the rows: each place with its class, who sends mail, what is away."""

import ast
from pathlib import Path

from config.settings import load_settings
from privacy.data_map_outside import OUTSIDE, at_the_provider, senders
from storage.provider_copies import CopyKind
from tests.conftest import environment_of_tests

ROOT = Path(__file__).parents[2]
SENDING = {"send_to_customer", "send_asked_for", "send_to_staff"}
"""What storage.mailing sends with."""
ROOMS = ("api", "console", "ivr", "messaging", "privacy", "survey", "transcription", "voicemail")


def test_each_place_has_a_class_or_a_ceiling_of_its_own() -> None:
    for one in OUTSIDE:
        assert one.classes or one.lives is not None, one.name
        assert all((one.unit, one.begins, one.taken_by)), one.name
    assert len({one.name for one in OUTSIDE}) == len(OUTSIDE)


def test_the_ceilings_are_those_of_the_settings(tmp_path: Path) -> None:
    told = load_settings(environment_of_tests("sqlite:///x.db", "redis://localhost", tmp_path))
    lives = {one.name: one.lives for one in OUTSIDE}

    assert lives["backups of the keyring (KEYRING_BACKUPS_DIR)"] == told.keyring_backups_kept
    assert lives["opaque ids beside a line"] == told.backups_kept


def test_nobody_sends_mail_who_is_not_on_the_map() -> None:
    found = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (getattr(node, "attr", None) or getattr(node, "id", None)) in SENDING:
                    found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))

    assert found == senders()


def test_whatever_may_lie_at_the_provider_is_on_the_map() -> None:
    assert {f"{kind.value}s" for kind in CopyKind} == at_the_provider()
