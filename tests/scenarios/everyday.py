"""What else happens in a house where people are asked: the rest of what fills a personal column.

All of it by the files, commands, forms and telephones that people use, and nothing as a row.
"""

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import requests
from sqlalchemy import select

from config.directory import load_configuration
from privacy.data_map import can_hold_text
from privacy.empty_house import KINDS
from privacy.needles import Needle
from simulator.scenario import scenario_from
from storage.house import House, reading, transaction, utc_now
from survey import organisations
from tests.privacy.planted_numbers import column_of, on_the_map
from tests.scenarios.office import Office
from tests.scenarios.stage import FILES, ROOT, Stage

CREDIT: Final = ("--organisation", "consumer-credit")
# Who is rung or calls in each of these, besides those whom the test itself names.
CALLS: Final[Mapping[str, str]] = {
    "choices-and-yes-or-no.toml": "+46701740631",
    "low-scores-ask-to-be-contacted.toml": "+46701740632",
    "machine-then-text-then-called-back.toml": "+46701740633",
    "message-sent.toml": "+46701740634",
}
MINOR, WASHED = "+46701740642", "+46701740643"

NOT_LIVED: Final[Mapping[str, str]] = {
    "calls.caller_sealed": "nothing of ours writes it; what an older version left is emptied",
    "comments.text_sealed": "no page of ours takes a typed comment yet",
}
"""Personal columns of text that no normal use fills, and why."""
STAYS: Final[Mapping[str, str]] = {
    "objections.subject_hash": "a no must hold, and tells nobody who said it",
    "mailboxes.name": "the client's own register of mailboxes, which are still there",
    "mailboxes.notify_sealed": "the same",
    "mailboxes.script": "the same",
    "responses.follow_up_wording": "our own question, which the survey's version has too",
}
"""Personal columns whose values are there after every period, and why."""
# Shorter ones are words that many rows and logs have: a language, a channel, a yes.
_SHORTEST: Final = 8


def change_file(stage: Stage, name: str, before: str, *lines: str) -> None:
    """The operator writes these lines into a file of the shipped ones, above the one that begins
    so, and applies all of them."""
    text = (ROOT / "config" / name).read_text("utf-8")
    assert text.count(before) == 1
    changed = text.replace(before, "\n".join([*lines, before]))
    with TemporaryDirectory() as folder:
        for kind in ("organisations", "surveys", "prompts"):
            shutil.copytree(ROOT / "config" / kind, Path(folder) / kind)
        (Path(folder) / name).write_text(changed, "utf-8")
        files = load_configuration(Path(folder))
    with transaction() as session:
        organisations.apply(
            session, files, keyring=stage.house.keyring, now=utc_now(), rings_at_any_hour=True
        )


def go_by(stage: Stage, office: Office, folder: Path) -> None:
    """More people are rung and call, cases come by file, staff write down what they are told."""
    for name, number in CALLS.items():
        _play(stage, name, number)
    next_month = utc_now() + timedelta(days=30)
    consents = _file(folder, "phone,email,method,given_at,source,expires_at",
                     f"{WASHED},,calls,2026-01-02,zqxform,{next_month:%Y-%m-%d}")  # fmt: skip
    office.run("consents", "import", str(consents), *CREDIT)
    change_file(stage, "organisations/consumer-credit.yaml", "    ceiling: {per_day: 5000",
                "    registers: [{key: nix, valid_for: 30 days}]")  # fmt: skip
    _cases(stage, office, folder)
    answers = _file(folder, "phone,listed", f"{WASHED},no")
    office.run("registers", "import", str(answers), *CREDIT, "--register", "nix",
               "--checked-on", f"{utc_now():%Y-%m-%d}", "--valid-for", "30 days")  # fmt: skip
    office.run("privacy", "disclosures", "add", *CREDIT, "--phone", WASHED, "--to", "Zqxcourt",
               "--what", "answers", "--ground", "authority")  # fmt: skip
    caller = CALLS["message-sent.toml"]
    frozen = (
        "--organisation",
        "answering-service",
        "--phone",
        caller,
        "--cause",
        "accuracy_disputed",
    )
    office.run("restrictions", "add", *frozen, "--review-on", f"{next_month:%Y-%m-%d}")
    office.run("restrictions", "lift", *frozen)


def ask_with_a_code(stage: Stage, address: str, mails: Path) -> None:
    """Somebody who is known asks what is kept, is mailed the code that proves it, and deletes
    that mail."""
    asked = requests.post(
        f"{stage.web.origin}/rights/consumer-credit",
        data={"who": address, "kind": "access", "way": "email", "about": "zqx about a letter"},
        timeout=10,
    )  # fmt: skip
    assert asked.ok
    stage.work()
    (mail,) = (one for one in mails.rglob("*.eml") if address in one.read_text("utf-8"))
    mail.unlink()


def every_text() -> list[str]:
    """Every personal column of the data map that can hold a text."""
    return [name for name in on_the_map() if can_hold_text(column_of(name))]


class Columns:
    """What personal columns of text hold, looked at whenever something may have come into one."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._held: dict[str, set[bytes]] = {}

    def look(self) -> None:
        """Remember what each holds now, opened where it is sealed."""
        for name in every_text():
            for item, value in _values(name):
                shown = self._held.setdefault(name, set())
                shown.update(_shown(self._house, name, item, value))

    @property
    def filled(self) -> set[str]:
        """Those that held something of somebody."""
        return set(self._held)

    def needles(self) -> tuple[Needle, ...]:
        """All that is looked for later, under the columns' names."""
        stays = b"\n".join(one for name in STAYS for one in self._held.get(name, ()))
        found = {
            name: [one for one in sorted(texts) if one not in stays]
            for name, texts in sorted(self._held.items())
        }
        return tuple(
            Needle(f"column {name}", tuple(texts)) for name, texts in found.items() if texts
        )


def _values(name: str) -> list[tuple[Any, Any]]:
    column = column_of(name)
    with reading() as session:
        wanted = select(*column.table.primary_key, column).where(column.is_not(None))
        return [(item, value) for item, value in session.execute(wanted) if value]


def _shown(house: House, name: str, item: Any, value: Any) -> Iterator[bytes]:
    if name in KINDS:
        value = house.keyring.open(item, KINDS[name], value)
    text = value.encode() if isinstance(value, str) else value
    if isinstance(text, bytes) and len(text) >= _SHORTEST:
        yield text


def _cases(stage: Stage, office: Office, folder: Path) -> None:
    closed = utc_now() - timedelta(minutes=90)
    cases = _file(
        folder, "case_reference,phone,email,name,locale,channel,reason,team,happened_at,minor",
        f"ZQXCASE-2,{MINOR},,Zqx Young,sv,phone,zqxreason,zqxteam,{closed.isoformat()},yes",
    )  # fmt: skip
    office.run("interactions", "import", str(cases), *CREDIT, "--campaign", "after-case",
               "--source", "zqxsource")  # fmt: skip
    cases.unlink()
    stage.dial()


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "told.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def _play(stage: Stage, name: str, number: str) -> None:
    text = (FILES / name).read_text("utf-8")
    document = tomllib.loads(re.sub(r'= "\+4670[^"]+"', f'= "{number}"', text))
    stage.play_out(scenario_from(document, name=name), document["customer"])
    stage.sweep()
