"""The empty house: people use the service, time goes by, and nothing of them is left anywhere."""

import logging
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import select, text

from config.settings import Settings
from privacy import emptied_logs, empty_house, purge, schedules, unmapped
from privacy.data_map_outside import at_the_provider
from privacy.empty_house import Found
from privacy.erasing import hands_of
from privacy.kinds import (
    ANSWERED,
    COMMENTS,
    KINDS,
    LOOSE_CUSTOMERS,
    LOOSE_INTERACTIONS,
    MESSAGES,
    Kind,
)
from privacy.needles import Needle, needle
from simulator.scenario import scenario_from
from storage import forgotten_names, sealing
from storage.house import House, reading, transaction, utc_now
from storage.ledger_check import check
from storage.queue import JobName
from storage.tables import Objection, PurgeRun, Recording
from survey.interactions import ToldInteraction, register
from survey.places import find_campaign
from tests.rows import add
from tests.scenarios import everyday
from tests.scenarios.office import Office
from tests.scenarios.stage import FILES, Stage
from tests.three_databases import keys_and_ledger_beside

LINE, TEXTER = "+46846500400", "+46701740617"
MARKS = {
    "name": "Zqxname Zqxsson",
    "address": "zqx-ada@zqx.example",
    "number": "+46701740605",
    "case": "ZQXCASE-1",
    "team": "zqxteam",
    "reason": "zqxreason",
    "words": "very friendly and i got help",
    "caller": "+46701740699",
    "texter": TEXTER,
    "writer": "zqx-writer@zqx.example",
    "asker": "zqx-asker@zqx.example",
    "clerk": "zqxclerk",
    "note": "zqxnote of the clerk",
    "reason to hold": "zqxhold for a court",
    "file": "zqxfile",
}
"""What somebody is known by, or said; a number and an address also under their keyed hashes."""
THE_STAGES_OWN = ("network/", "mail/", "service.log")
"""What the pretended network, the mail catcher and this test write."""
# Names that the provider and we give to calls and rows, and that a log line may bear.
LOGGED = {f"column {name}" for name in ("alarms.subject", "provider_copies.call_sid",
                                        "provider_copies.provider_sid")}  # fmt: skip
COMMENT_SOUND, MESSAGE_SOUND = "a comment's sound", "a message's sound"
OF_THE_CASE = {"case", "case (hash)", "team", "reason"}
OF_ADA = {"name", "address", "number", "address (hash)", "number (hash)"} | OF_THE_CASE
OF_A_COMMENT = {"words", COMMENT_SOUND}
OF_A_MESSAGE = {"caller", "caller (hash)", MESSAGE_SOUND}
# Who said no stays known as a keyed hash, because the no must hold; nobody can read who it is.
OF_A_NO = {"texter (hash)", "writer (hash)"}
# What only our keys open; teams and reasons are the client's own words, and plain.
SEALED = {"name", "address", "number", "case", "words", COMMENT_SOUND, "caller", MESSAGE_SOUND,
          "asker", "note", "reason to hold", "file", "clerk"}  # fmt: skip
# Of the office: what is over before half a year is, and what stays for 18 months and three years.
SOON_OVER = {"asker", "asker (hash)", "clerk", "clerk (hash)", "file"}
OF_A_CASE, OF_A_HOLD = {"note"}, {"reason to hold"}
OF_THE_OFFICE = SOON_OVER | OF_A_CASE | OF_A_HOLD
EVERYTHING = OF_ADA | OF_A_COMMENT | OF_A_MESSAGE | OF_A_NO | OF_THE_OFFICE


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    """On PostgreSQL all three databases lie there."""
    with keys_and_ledger_beside(settings.database_url) as beside:
        yield settings.model_copy(update=dict(beside))


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    """All that any part of the service logs, with whatever it hands to the log, in a file."""
    path = tmp_path / "service.log"
    handler = logging.FileHandler(path)
    # The mail server is the one of whoever gets our mail.
    handler.addFilter(lambda record: record.name != "mail.log")
    handler.format = lambda record: f"{record.getMessage()} {vars(record)!r}"  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield path
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()


class Life:
    """What happened on the stage, and a way to look at any moment what is left of it."""

    def __init__(self, stage: Stage, folder: Path, *, elsewhere: Path) -> None:
        self.stage = stage
        self.office = Office(stage, clerk=MARKS["clerk"])
        self._file = elsewhere / f"{MARKS['file']}.jsonl"
        self.house: House = stage.house
        self._folder = folder
        self._began = utc_now()
        self._needles: tuple[Needle, ...] = ()
        self.columns = everyday.Columns(self.house)
        # In Redis, while people use the service: afterwards it is nearly empty.
        self.keys_rung: set[str] = set()

    def happen(self) -> None:
        """A case is closed and asked about, somebody leaves a message, two people say no, one asks.

        Staff work on the answer, hold it for a while, and hand it out.
        """
        everyday.change_file(
            self.stage, "surveys/credit-after-case.yaml", "questions:", "receipt_code: spoken"
        )
        document = tomllib.loads((FILES / "comment-heard-again.toml").read_text("utf-8"))
        self.stage.install(scenario_from(document))
        told = ToldInteraction(
            case_reference=MARKS["case"], phone=MARKS["number"], phone_as_given=MARKS["number"],
            name=MARKS["name"], email=MARKS["address"], locale="en", channel="call",
            reason=MARKS["reason"], team=MARKS["team"],
            happened_at=utc_now() - timedelta(minutes=90),
        )  # fmt: skip
        with transaction() as session:
            _, campaign = find_campaign(
                session, organisation="consumer-credit", campaign="after-case"
            )
            register(session, told, campaign=campaign, keyring=self.house.keyring, now=utc_now())
        self.stage.dial()
        self.keys_rung |= set(unmapped.keys_of(self.house.bell.redis))
        self.stage.settle()
        self.stage.play(FILES / "message-hang-up-keeps.toml")
        self.stage.api("message", {"from": TEXTER, "to": LINE, "body": "STOPP"})
        self.stage.api("log", wait=1)
        self.columns.look()
        said = requests.post(
            f"{self.stage.web.origin}/no/consumer-credit",
            data={"who": MARKS["writer"], "method": "all"},
            timeout=10,
        )
        assert said.ok
        self.office.work(
            note=MARKS["note"], reason=MARKS["reason to hold"], asker=MARKS["asker"],
            file=self._file, meanwhile=self.columns.look,
        )  # fmt: skip
        everyday.go_by(self.stage, self.office, self._file.parent)
        everyday.ask_with_a_code(self.stage, MARKS["address"], self._folder / "mail")
        self.keys_rung |= set(unmapped.keys_of(self.house.bell.redis))
        self.stage.settle()
        self.columns.look()
        self._needles = (*self._texts(), *self._sounds())
        # What PostgreSQL does by itself within minutes: it keeps figures of every column.
        self._tidy("ANALYZE")

    def go_to(self, *, days: int) -> None:
        """Wind the clock to so many days after the beginning."""
        wanted = self._began + timedelta(days=days)
        self.stage.wind(seconds=(wanted - utc_now()).total_seconds())

    def purge(self) -> None:
        """What the schedule does at night, and what it leaves to other jobs."""
        # The clock went on by months, and whoever operates the house says that it is right.
        add(PurgeRun(started_at=utc_now(), counts={}))
        # It empties SQLite's log afterwards, and with it what this wrote over.
        self.house.bell.ring(JobName.SWEEP_REQUESTS)
        self.stage.work()
        totals = purge.run(hands=hands_of(self.house), database=self.house.database, now=utc_now())
        assert totals.left == 0
        self.stage.sweep()
        self._forget_names()

    def _forget_names(self) -> None:
        """A day of what the schedule does about names, after the backup of the keyring."""
        names, kept = self.house.keyring.names, self.house.settings.keyring_backups_kept
        names.renew_seed(now=utc_now())
        for hours in (0, 6, 12, 18):
            at = utc_now() + timedelta(hours=hours)
            forgotten_names.sweep(self.house.database, names, kept=kept, now=at)
        emptied_logs.empty(self.house, now=utc_now())

    def lose_the_file(self) -> None:
        """What was handed out is deleted where it was, by hand."""
        self.office.lose(self._file)

    def left(self) -> set[str]:
        """Of what something is found, wherever."""
        return {one.name for one in self._places(self._needles)}

    def places(self) -> frozenset[Found]:
        """Where it is found, and what each personal column held: in databases, files, logs, Redis
        and at the network."""
        return self._places((*self._needles, *self.columns.needles()))

    def _places(self, needles: tuple[Needle, ...]) -> frozenset[Found]:
        self._tidy("VACUUM FULL")
        # The log of the tests' server is of all their databases, and is used again in its time.
        return empty_house.search(self.house, needles, folders=[self._folder], journal=False).found

    def _tidy(self, how: str) -> None:
        """Have PostgreSQL do this in each of the three databases that lies there."""
        for one in (self.house.database, self.house.keyring.database, self.house.ledger.database):
            if not one.is_sqlite:
                with one.engine.connect() as connection:
                    asked = connection.execution_options(isolation_level="AUTOCOMMIT")
                    asked.execute(text(how))

    def noes(self) -> set[str]:
        """Whose no stands under the names that the keyring has for them now."""
        with reading() as session:
            stand = set(session.scalars(select(Objection.subject_hash)))
        return {one.name for one in self._texts() if stand & {*one.texts}}

    def _texts(self) -> Iterator[Needle]:
        for name, wanted in MARKS.items():
            yield from needle(self.house, name, wanted)

    def _sounds(self) -> Iterator[Needle]:
        """A piece from the middle of each recording that came home."""
        with reading() as session:
            recordings = session.scalars(select(Recording).order_by(Recording.id)).all()
        for one in recordings:
            try:
                sealed = self.house.blobs.get(one.id)
            except FileNotFoundError:
                continue
            key = self.house.keyring.key(one.id)
            sound = sealing.unseal_file(key, sealed, item=one.id, kind="recording.audio")
            name = COMMENT_SOUND if one.message_id is None else MESSAGE_SOUND
            yield Needle(name, (sound[len(sound) // 2 :][:64],))


@pytest.fixture
def life(
    stage: Stage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, logged: Path
) -> Life:
    lived = Life(stage, tmp_path, elsewhere=tmp_path_factory.mktemp("elsewhere"))
    lived.happen()
    return lived


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes a kind out of the purge; nothing puts it back."""

    def take(*missing: Kind) -> None:
        there = tuple(kind for kind in KINDS if kind not in missing)
        monkeypatch.setattr(schedules, "KINDS", there)

    return take


def test_everything_is_there_until_its_day_and_then_nothing_is(
    life: Life, without: Callable[..., None], logged: Path
) -> None:
    # No log line, no job and no file's name ever held any of it.
    assert logged.stat().st_size > 1_000
    there = life.places()
    told = {one for one in there if one.place in ("redis", "file service.log")}
    assert {one for one in told if one.name not in LOGGED} == set()
    # While it is there, no row, file, free page or recording tells it unopened.
    plain = {one for one in there if not one.place.endswith(", opened")}
    assert {one for one in plain if one.name in SEALED} == set()
    assert {one.name for one in there} >= SEALED - {COMMENT_SOUND, MESSAGE_SOUND}
    # And nothing lies anywhere that the data map does not name.
    strays = unmapped.files(life.house.settings)
    assert [one for one in strays if not one.startswith(THE_STAGES_OWN)] == []
    assert list(unmapped.keys(life.keys_rung)) == []
    assert life.keys_rung
    assert set(life.stage.api("left")) == at_the_provider()
    names = " ".join(str(path) for path in logged.parent.rglob("*"))
    assert not [mark for mark in MARKS.values() if mark.strip("+") in names]

    # Nor is any personal column left out of this, but those that nobody can fill.
    assert set(everyday.every_text()) - life.columns.filled == set(everyday.NOT_LIVED)
    assert {one.name for one in there} >= {one.name for one in life.columns.needles()}

    # With the purge switched off everything is there, after three years too.
    life.go_to(days=1130)
    assert life.left() == EVERYTHING
    life.go_to(days=1)
    life.purge()
    assert life.left() == EVERYTHING

    # After 181 days the message is older than its six months at the latest in some months only;
    # who was asked when has been forgotten, the clerk who left, and who asked and proved nothing.
    life.go_to(days=180)
    life.purge()
    life.lose_the_file()
    places = life.places()
    assert {one.name for one in places} >= OF_ADA | OF_A_COMMENT | OF_A_NO | OF_A_CASE | OF_A_HOLD
    assert {one for one in places if one.name in SOON_OVER} == set()
    assert not {one for one in places if one.place.startswith(("throttle", "received_texts"))}

    # Seven months: the message.
    life.go_to(days=215)
    without(MESSAGES)
    life.purge()
    assert life.left() == EVERYTHING - SOON_OVER
    without()
    life.purge()
    assert life.left() == EVERYTHING - SOON_OVER - OF_A_MESSAGE

    # Thirteen months: sound and words of the comment.
    life.go_to(days=397)
    without(COMMENTS)
    life.purge()
    assert life.left() == EVERYTHING - SOON_OVER - OF_A_MESSAGE
    without()
    life.purge()
    assert life.left() == OF_ADA | OF_A_NO | OF_A_CASE | OF_A_HOLD

    # Nineteen months: the answers, the case, the person; each shredder that is missing is missed.
    life.go_to(days=580)
    without(ANSWERED)
    life.purge()
    assert life.left() == OF_ADA | OF_A_NO | OF_A_HOLD
    without(LOOSE_INTERACTIONS)
    life.purge()
    assert life.left() == OF_ADA | OF_A_NO | OF_A_HOLD
    without(LOOSE_CUSTOMERS)
    life.purge()
    assert life.left() - OF_A_NO - OF_A_HOLD == OF_ADA - OF_THE_CASE
    without()
    life.purge()
    assert life.left() == OF_A_NO | OF_A_HOLD

    # Thirty-seven months: the house is as empty as it was, but for the noes and the receipts.
    life.go_to(days=1130)
    life.purge()
    places = life.places()
    noes = {one for one in places if one.name in OF_A_NO}
    assert {one for one in places if not one.name.startswith("column ")} == noes
    # The keyring's row, and the bytes in which that row lies; the no has another name by now.
    rows = {one for one in noes if not one.place.startswith(("file ", "page "))}
    assert rows == {Found(name, "lookup_names.found_by") for name in OF_A_NO}
    for one in noes - rows:
        assert one.place == "file keyring.db" or "lookup_names" in one.place, one
    assert life.noes() == OF_A_NO
    assert life.stage.api("left") == {
        kind: {"count": 0, "sids": []} for kind in ("calls", "recordings", "messages")
    }
    # Forty-three: also what was frozen, noted and answered, three years after that was over.
    life.go_to(days=1310)
    life.purge()
    assert {one for one in life.places() if one.name not in OF_A_NO | LOGGED} == set()
    for chain in life.house.ledger.chains():
        assert check(life.house.ledger, chain, now=utc_now()) == []
