"""While a hundred people comment, every kind of process is killed and Redis is emptied.

What was spoken must come home exactly once all the same, and nobody may be rung twice for one
attempt. Leases and waits that are longer than a test are waited out by a clock that is wound.
"""

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Select, create_engine, select, text

from storage import unheard
from storage.house import House, close_house, open_house, reading, utc_now
from storage.states import (
    AttemptState,
    CommentState,
    Disposition,
    InvitationState,
    ProviderCopyState,
    RecordingState,
    TranscriptState,
)
from storage.tables import (
    Alarm,
    Attempt,
    Call,
    Comment,
    Invitation,
    PeriodicJob,
    ProviderCopy,
    Recording,
    Transcript,
)
from tests.chaos.killer import Killer
from tests.chaos.service import ROOT, Service, running
from tests.conftest import ACCOUNT_SID, AUTH_TOKEN, MASTER_KEY

# Another number kills at other moments.
SEED = int(os.environ.get("CHAOS_SEED", "1"))
HALF_AN_HOUR, A_DAY = 1_800.0, 26 * 3_600.0
LONGEST_CHAOS, LONGEST_REST, SILENCE = 150.0, 100.0, 20.0
ON_THE_WAY = {RecordingState.ANNOUNCED, RecordingState.READY}
WRITTEN = {CommentState.TRANSCRIBED, CommentState.AUDIO_ONLY, CommentState.TRANSCRIPTION_FAILED,
           CommentState.EMPTY}  # fmt: skip
ENDED = {InvitationState.COMPLETED, InvitationState.PARTIAL}
HEARD = {TranscriptState.DONE, TranscriptState.AUDIO_ONLY, TranscriptState.FAILED}


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """What both databases have in common."""
    return {
        "DATA_DIR": str(tmp_path),
        "KEYRING_URL": f"sqlite:///{tmp_path}/keyring.db",
        "RECORDINGS_URL": f"file://{tmp_path}/recordings",
        "MASTER_KEY": MASTER_KEY,
        "SECRET_KEY": "a secret of the tests, long enough",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    }


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """A database of the test's own."""
    name = f"t{uuid4().hex}"
    engine = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_of_tests"))
    yield postgresql_url.replace("/postgres?", f"/{name}?", 1)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.xdist_group("killed processes, SQLite")
def test_a_hundred_comments_survive_killed_processes_on_sqlite(
    tmp_path: Path,
    given: dict[str, str],
    sqlite_template: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copy(sqlite_template, tmp_path / "genklang.db")
    monkeypatch.chdir(ROOT)
    given["DATABASE_URL"] = f"sqlite:///{tmp_path}/genklang.db"

    play_and_check(tmp_path, given, people=100, seed=SEED)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.xdist_group("killed processes, PostgreSQL")
def test_comments_survive_killed_processes_on_postgresql(
    tmp_path: Path,
    given: dict[str, str],
    postgresql_database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    given["DATABASE_URL"] = postgresql_database

    play_and_check(tmp_path, given, people=40, seed=SEED)


def play_and_check(folder: Path, given: dict[str, str], *, people: int, seed: int) -> None:
    """Let everybody be rung while processes die, wind the clock twice, and compare."""
    with running(Service(folder, given), ahead=(HALF_AN_HOUR, A_DAY)) as service:
        house = open_house(service.settings)
        try:
            service.invite(people)
            killer = Killer(service, seed=seed)
            kill_while_they_talk(service, killer, people=people)
            print("killed:", dict(sorted(killer.struck.items())))
            rest(service, "the end of the calls under way", lambda: not service.talking())
            service.wind(ahead=HALF_AN_HOUR)
            rest(
                service, "what a lease may keep", lambda: not service.talking() and not unsettled()
            )
            service.wind(ahead=A_DAY)
            rest(service, "everything", lambda: not unsettled() and not unfinished())
            print("network:", problems_of(service))
            assert sum(killer.struck.values()) >= people // 5
            for kind in ("web", "worker", "transcriber", "all that redis holds"):
                assert any(name.startswith(kind) for name in killer.struck), kind
            check_calls(service)
            check_comments(service, house, people=people)
        finally:
            close_house()


def kill_while_they_talk(service: Service, killer: Killer, *, people: int) -> None:
    """Until everybody's telephone has rung, or no further one rings, and the last has hung up.

    A dialler that is killed leaves orders of which nobody knows yet whether they were placed.
    """
    deadline = time.monotonic() + LONGEST_CHAOS
    due = time.monotonic() + killer.pause()
    most, newest = 0, time.monotonic()
    while time.monotonic() < deadline:
        service.tend()
        if time.monotonic() >= due:
            killer.strike()
            due = time.monotonic() + killer.pause()
        rung = {entry["fields"]["To"] for entry in service.entries("webhook")
                if "To" in entry["fields"]}  # fmt: skip
        if len(rung) > most:
            most, newest = len(rung), time.monotonic()
        quiet = len(rung) == people or time.monotonic() - newest > SILENCE
        if quiet and not service.talking():
            return
        time.sleep(0.2)


def rest(service: Service, what: str, reached: Callable[[], bool]) -> None:
    """Leave the processes in peace until `reached`, or until nothing more happens."""
    before, since = unsettled() | unfinished(), time.monotonic()
    while not reached():
        now = unsettled() | unfinished()
        if now != before or service.talking():
            before, since = now, time.monotonic()
        still = time.monotonic() - since
        assert still < LONGEST_REST, f"{what} was not reached; this is left: {now}"
        service.tend()
        time.sleep(0.5)


def check_calls(service: Service) -> None:
    """No attempt became two calls, and nobody was rung more often than there were attempts."""
    sids_of_token: dict[str, set[str]] = {}
    rung: Counter[str] = Counter()
    for entry in service.entries("webhook"):
        token = re.search(r"/voice/status/(\w+)", entry["url"])
        if token is not None:
            sids_of_token.setdefault(token[1], set()).add(entry["sid"])
    doubled = {token: sids for token, sids in sids_of_token.items() if len(sids) > 1}
    assert doubled == {}
    with reading() as session:
        calls = session.scalars(select(Call)).all()
        attempts = {one.id: one for one in session.scalars(select(Attempt))}
        never = [c for c in calls if attempts[c.attempt_id].disposition is Disposition.NEVER_PLACED]
        alarmed = session.scalars(select(Alarm.kind).where(Alarm.kind == "call.placed_twice")).all()
    assert alarmed == []
    assert set(sids_of_token) <= {call.token for call in calls}
    # Of an attempt that is called never placed, no telephone rang.
    assert [call.token for call in never if call.token in sids_of_token] == []
    placed = {one.invitation_id for one in attempts.values()}
    rung.update(attempts[c.attempt_id].invitation_id for c in calls if c.token in sids_of_token)
    # "cut" is tried again once, so nobody hears a third ring.
    assert all(count <= 2 for count in rung.values())
    assert placed == set(rung)


def check_comments(service: Service, house: House, *, people: int) -> None:
    """What the network recorded is at home once, opens, is read or said to be sound only."""
    spoken = [entry["recording"] for entry in service.entries("recorded") if entry["spoke"]]
    with reading() as session:
        recordings = session.scalars(select(Recording)).all()
        transcripts = session.scalars(select(Transcript)).all()
        comments = session.scalars(select(Comment)).all()
        invitations = session.scalars(select(Invitation)).all()
        copies = session.scalars(select(ProviderCopy).where(ProviderCopy.kind == "recording")).all()
        alarms = session.scalars(select(Alarm.kind)).all()
    stored = {r.provider_sid: r for r in recordings if r.state is RecordingState.STORED}

    assert len(spoken) == len(set(spoken)) >= people * 0.9
    assert sorted(stored) == sorted(spoken)
    assert Counter(r.provider_sid for r in recordings if r.provider_sid).most_common(1)[0][1] == 1
    assert {one.id for one in stored.values()} == set(house.blobs.items())
    assert Counter(t.recording_id for t in transcripts) == Counter(r.id for r in stored.values())
    assert {t.state for t in transcripts} <= HEARD
    assert all(house.keyring.key(r.id) for r in stored.values())
    for transcript in transcripts:
        opened = house.keyring.open(transcript.id, "transcript.words", transcript.words_sealed)
        assert (opened is not None) == (transcript.state is TranscriptState.DONE)
    of_comments = {r.comment_id for r in stored.values()}
    assert None not in of_comments, "a recording came home that belongs to no comment"
    told = {c.id for c in comments if c.state not in (CommentState.EMPTY, CommentState.LOST)}
    assert told == of_comments
    assert {c.state for c in comments} <= WRITTEN
    assert {c.state for c in copies} == {ProviderCopyState.GONE}
    assert sorted(c.provider_sid for c in copies) == sorted(spoken)
    assert service.network("left")["recordings"]["count"] == 0
    assert {i.state for i in invitations} <= ENDED
    assert not {"recording.file_missing", "row.key_missing", "recording.stranger_at_provider",
                "comment.lost", "recording.failed"} & set(alarms)  # fmt: skip


def problems_of(service: Service) -> dict[str, int]:
    """How often the network had to complain, by its error codes."""
    return dict(Counter(str(entry.get("code")) for entry in service.entries("error")))


def unsettled() -> dict[str, int]:
    """What is on its way and would be done at once, were there no lease."""
    wanted: dict[str, Select[Any]] = {
        "attempts": select(Attempt).where(Attempt.state != AttemptState.ENDED),
        "recordings": select(Recording).where(Recording.state.in_(ON_THE_WAY)),
        "transcripts": select(Transcript).where(Transcript.state.not_in(HEARD)),
        "copies": select(ProviderCopy).where(
            ProviderCopy.kind == "recording", ProviderCopy.state == ProviderCopyState.PRESENT
        ),
    }
    with reading() as session:
        counts = {name: len(session.scalars(rows).all()) for name, rows in wanted.items()}
        ever = utc_now() + timedelta(days=3)
        counts["unheard"] = len(unheard.pending(session, noted_before=ever, limit=100))
    return {name: count for name, count in counts.items() if count}


def unfinished() -> dict[str, int]:
    """Invitations that are still to be called about, and the comparison that runs once a day."""
    with reading() as session:
        open_ones = session.scalars(select(Invitation).where(Invitation.state.not_in(ENDED))).all()
        compared = session.get(PeriodicJob, "RECONCILE_STORAGE")
        done = compared is not None and compared.last_done_at is not None
        late = done and compared.last_done_at > utc_now() + timedelta(hours=2)
    found = {"invitations": len(open_ones), "comparison": 0 if late else 1}
    return {name: count for name, count in found.items() if count}
