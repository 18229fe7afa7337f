"""The page for operators: does everything run, does anything wait too long, where data goes."""

import os
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from redis import RedisError
from rq import Worker

from config import spans
from config.host_check import hosts_on_record
from console import alarm_words, held_deletions, system_rows
from console.blueprint import bp
from console.gate import WATCHERS, only, visitor
from console.system_rows import Queue
from privacy import lateness
from storage import alarms
from storage.house import house, reading, transaction, utc_now
from storage.queue import QueueName
from storage.tables import Alarm


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """A queue with its oldest age in words; `late` when somebody should look."""

    queue: Queue
    age: str | None
    late: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """How many worker processes read a queue, and when one last gave a sign of life."""

    queue: str
    workers: int
    seen_at: datetime | None


@bp.get("/system")
@only(WATCHERS)
def system() -> ResponseReturnValue:
    """Queues, failures, alarms, the purge, the processes and the hosts that get data."""
    now, who = utc_now(), visitor()
    with reading() as session:
        purge = lateness.last_run(session, now=now)
        queues = system_rows.queues(session, who, now=now)
        alarms_now = system_rows.alarms(session, who)
        content = {
            "failures": system_rows.failures(session, who),
            "copies": system_rows.copies_kept(session, who),
            "alarms": alarms_now,
            "references": system_rows.references(session, alarms_now),
            "purge": purge,
            "purge_late": lateness.is_late(session, now=now),
            "purge_next": lateness.next_run(session),
            "purged": system_rows.last_purged(session, who, purge),
            "periodic": system_rows.periodic(session),
            "leases": system_rows.leases(session),
            "held": held_deletions.found(session, who, now=now),
        }
    return render_template(
        "console/system.html",
        work=[_work(queue, now) for queue in queues],
        readers=readers(),
        hosts=hosts_on_record(house().settings, os.environ),
        alarm_words=alarm_words.words,
        may_be_seen=alarm_words.may_be_seen,
        now=now,
        zone=who.zone,
        **content,
    )


@bp.post("/system/alarms/<uuid:alarm_id>")
@only(WATCHERS)
def see_alarm(alarm_id: UUID) -> ResponseReturnValue:
    """End an alarm that whoever asks has seen; one that waits for an act is refused."""
    who = visitor()
    with transaction() as session:
        alarm = who.find(session, Alarm, alarm_id)
        if not alarm_words.may_be_seen(alarm.kind):
            abort(409)
        alarms.see(alarm, by=who.user_id, at=utc_now())
    return redirect(url_for("console.system"), 303)


def readers() -> list[Reader] | None:
    """The workers of each queue, as they told Redis; None when Redis does not answer."""
    redis = house().bell.redis
    try:
        workers = Worker.all(connection=redis)
        beats = [(set(w.queue_names()), w.last_heartbeat) for w in workers]
    except RedisError:
        return None
    found = []
    for queue in QueueName:
        seen = [beat for names, beat in beats if queue.value in names]
        latest = max((beat for beat in seen if beat is not None), default=None)
        found.append(Reader(queue.value, len(seen), latest))
    return found


def _work(queue: Queue, now: datetime) -> WaitingWork:
    if queue.oldest is None:
        return WaitingWork(queue, None, late=False)
    waited = now - queue.oldest
    late = waited.total_seconds() > queue.patience
    return WaitingWork(queue, spans.age(waited), late=late)
