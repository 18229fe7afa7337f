"""The jobs as workers run them: killed half-way, without room, and from the first bell to gone."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from rq import SimpleWorker
from sqlalchemy import select

from storage import alarms, recordings
from storage.house import House, reading, transaction, utc_now
from storage.queue import SERIALIZER, JobName, QueueName
from storage.states import ProviderCopyState, RecordingState
from storage.tables import Alarm, Call, PeriodicJob, ProviderCopy, Recording
from tests.conftest import environment_of
from tests.rows import make_call, make_organisation, sid, wav
from voicemail import claims, intake, sweep

ROOT = Path(__file__).parents[2]


def speak(site: Any, *, media: bytes | None = None, seconds: int = 3) -> UUID:
    """A recording that is ready at the provider, rung for; its id."""
    now = utc_now()
    call = make_call(make_organisation().id, at=now)
    name = sid("RE")
    site.keep(name, call.provider_sid, media=media or wav(), seconds=seconds, created_at=now)
    with transaction() as session:
        call = session.get_one(Call, call.id)
        recordings.ready(
            session, call, visit=1, language="sv", provider_sid=name, seconds=seconds, at=now
        )
        recording = recordings.of_visit(session, call, visit=1)
        assert recording is not None
        return recording.id


def get(recording_id: UUID) -> Recording:
    with reading() as session:
        return session.get_one(Recording, recording_id)


def work(house: House, *names: QueueName) -> None:
    """Let a worker do all there is to do."""
    for name in names:
        queue = house.bell.queue(name)
        SimpleWorker([queue], connection=house.bell.redis, serializer=SERIALIZER).work(burst=True)


def until(what: Callable[[], bool], *, seconds: float = 40) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.05)


def test_from_the_bell_to_gone_at_the_provider(house: House, site: Any) -> None:
    recording_id = speak(site)

    work(house, QueueName.RECORDINGS)

    assert get(recording_id).state is RecordingState.STORED
    assert site.recordings == {}
    with reading() as session:
        copy = session.scalars(select(ProviderCopy)).one()
    assert copy.state is ProviderCopyState.GONE
    assert house.bell.queue(QueueName.TRANSCRIPTION).count == 1


def test_media_a_moment_late_is_waited_for_within_the_job(house: House, site: Any) -> None:
    recording_id = speak(site)
    (kept,) = site.recordings.values()
    kept.media_status = [404, 404]

    work(house, QueueName.RECORDINGS)

    assert get(recording_id).state is RecordingState.STORED


def test_a_provider_that_is_away_does_not_hold_the_queue(house: House, site: Any) -> None:
    recording_id = speak(site)
    (kept,) = site.recordings.values()
    kept.media_status = [503] * 9
    began = time.monotonic()

    work(house, QueueName.RECORDINGS)

    assert time.monotonic() - began < 5
    assert (get(recording_id).state, get(recording_id).tries) == (RecordingState.READY, 1)


def test_a_worker_killed_while_fetching_loses_nothing(house: House, site: Any) -> None:
    recording_id = speak(site)
    (kept,) = site.recordings.values()
    asked, answer = threading.Event(), threading.Event()
    kept.spoil = lambda: (asked.set(), answer.wait(30))

    with worker(house) as process:
        assert asked.wait(40)
        # The child that does the job has a process group of its own.
        at_work = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for one in at_work:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(at_work)
    answer.set()
    kept.spoil = None
    left = get(recording_id)
    assert (left.state, left.tries) == (RecordingState.READY, 1)
    assert left.lease_until is not None

    house.bell.redis.flushall()
    with transaction() as session:
        session.get_one(Recording, recording_id).lease_until = utc_now()
    assert sweep.sweep_recordings(now=utc_now() + timedelta(seconds=1)) == 1
    work(house, QueueName.RECORDINGS)

    assert get(recording_id).state is RecordingState.STORED


def test_a_real_worker_brings_home_and_deletes(house: House, site: Any) -> None:
    recording_id = speak(site)

    with worker(house):
        until(lambda: site.recordings == {})

    assert get(recording_id).state is RecordingState.STORED


@contextmanager
def worker(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """The product's own worker process on the recordings queue."""
    process = subprocess.Popen(
        [sys.executable, "worker.py", "recordings"],
        cwd=ROOT,
        env=environment_of(house.settings) | {"PATH": os.environ["PATH"]},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def test_a_disk_without_room_loses_nothing(house: House, site: Any) -> None:
    recording_id = speak(site, media=wav(500), seconds=500)

    with room_for(6_000_000):
        work(house, QueueName.RECORDINGS)

    left = get(recording_id)
    assert (left.state, list(house.blobs.items())) == (RecordingState.READY, [])
    assert len(site.recordings) == 1
    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.cleared_at) == (claims.STORE_ALARM, None)
    assert left.next_try_at is not None
    intake.bring_home(
        recording_id, provider=house.provider, blobs=house.blobs, keyring=house.keyring,
        now=left.next_try_at,
    )  # fmt: skip
    assert get(recording_id).state is RecordingState.STORED
    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).one() == left.next_try_at


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond this: what a full disk is like, also for who is not root."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_sweeps_and_the_comparison_say_when_they_were_done(house: House, site: Any) -> None:
    names = [
        JobName.SWEEP_RECORDINGS,
        JobName.SWEEP_DELIVERIES,
        JobName.RECONCILE_STORAGE,
        JobName.SWEEP_TRANSCRIPTS,
        JobName.PURGE,
    ]
    with transaction() as session:
        for name in names:
            session.add(PeriodicJob(name=name.name, next_at=utc_now()))
    for name in names:
        house.bell.ring(name)

    work(house, QueueName.DEFAULT)

    with reading() as session:
        rows = session.scalars(select(PeriodicJob)).all()
    assert {row.name for row in rows if row.last_done_at is not None} == {n.name for n in names}


def test_an_alarm_is_raised_once_until_it_is_cleared(house: House) -> None:
    now = utc_now()
    with transaction() as session:
        assert alarms.sound(session, "a.kind", subject="1", at=now)
        assert not alarms.sound(session, "a.kind", subject="1", at=now)
        assert alarms.sound(session, "a.kind", subject="2", at=now)
        alarms.clear(session, "a.kind", subject="1", at=now)
        assert alarms.sound(session, "a.kind", subject="1", at=now)
