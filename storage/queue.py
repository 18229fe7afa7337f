"""The bell: after a commit, tell a worker to look at a row. Rows are the queue of record.

Losing all of Redis loses no work, because the sweeps ring again for rows that have waited too
long. Only opaque row ids ever enter Redis.
"""

import logging
from enum import StrEnum
from typing import Final
from uuid import UUID

from redis import Redis, RedisError
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError
from sqlalchemy.orm import Session

from storage.database import after_commit

log = logging.getLogger(__name__)

SERIALIZER: Final = "json"
# A failed job's hash also blocks its id: the sweep must be able to ring again soon.
FAILURE_SECONDS: Final = 60


class QueueName(StrEnum):
    """The queues; each is read by a worker process of its own."""

    RECORDINGS = "recordings"
    DELIVERIES = "deliveries"
    DEFAULT = "default"
    TRANSCRIPTION = "transcription"


class JobName(StrEnum):
    """The jobs, by the dotted path a worker imports."""

    FETCH_RECORDING = "voicemail.jobs.fetch_recording"
    DELETE_AT_PROVIDER = "voicemail.jobs.delete_at_provider"
    DELIVER = "voicemail.jobs.deliver"
    TRANSCRIBE = "transcription.jobs.transcribe"
    SWEEP_AUDIO_ONLY = "transcription.second_hearing.sweep_audio_only"
    END_CALL = "ivr.jobs.end_call"
    SWEEP_RECORDINGS = "voicemail.jobs.sweep_recordings"
    SWEEP_TRANSCRIPTS = "transcription.jobs.sweep_transcripts"
    SWEEP_DELIVERIES = "voicemail.jobs.sweep_deliveries"
    SWEEP_CALLS = "ivr.jobs.sweep_calls"
    SWEEP_TEXTS = "messaging.jobs.sweep_texts"
    SEND_TEXTS = "messaging.jobs.send_texts"
    SWEEP_REQUESTS = "messaging.jobs.sweep_requests"
    CARRY_OUT_REQUEST = "messaging.jobs.carry_out_request"
    SEND_IDENTITY_CODE = "messaging.jobs.send_identity_code"
    CALL_WITH_CODE = "ivr.jobs.call_with_code"
    SWEEP_LINES = "survey.jobs.sweep_lines"
    COUNT_STATISTICS = "survey.jobs.count_statistics"
    RECONCILE_STORAGE = "voicemail.jobs.reconcile_storage"
    PURGE = "privacy.jobs.purge"
    SWEEP_RECEIPTS = "privacy.jobs.sweep_receipts"
    MAIL_RECEIPT_HEADS = "privacy.jobs.mail_receipt_heads"
    BACK_UP_KEYRING = "privacy.jobs.back_up_keyring"
    SWEEP_NAMES = "privacy.jobs.sweep_names"


QUEUE_OF: Final = {
    JobName.FETCH_RECORDING: QueueName.RECORDINGS,
    JobName.DELETE_AT_PROVIDER: QueueName.RECORDINGS,
    JobName.DELIVER: QueueName.DELIVERIES,
    JobName.TRANSCRIBE: QueueName.TRANSCRIPTION,
    # Where the models are loaded.
    JobName.SWEEP_AUDIO_ONLY: QueueName.TRANSCRIPTION,
    JobName.END_CALL: QueueName.DEFAULT,
    JobName.SWEEP_RECORDINGS: QueueName.DEFAULT,
    JobName.SWEEP_TRANSCRIPTS: QueueName.DEFAULT,
    JobName.SWEEP_DELIVERIES: QueueName.DEFAULT,
    JobName.SWEEP_CALLS: QueueName.DEFAULT,
    JobName.SWEEP_TEXTS: QueueName.DEFAULT,
    JobName.SEND_TEXTS: QueueName.DELIVERIES,
    JobName.SWEEP_REQUESTS: QueueName.DEFAULT,
    JobName.CARRY_OUT_REQUEST: QueueName.DEFAULT,
    JobName.SEND_IDENTITY_CODE: QueueName.DELIVERIES,
    JobName.CALL_WITH_CODE: QueueName.DELIVERIES,
    JobName.SWEEP_LINES: QueueName.DEFAULT,
    JobName.COUNT_STATISTICS: QueueName.DEFAULT,
    JobName.RECONCILE_STORAGE: QueueName.DEFAULT,
    JobName.PURGE: QueueName.DEFAULT,
    JobName.SWEEP_RECEIPTS: QueueName.DEFAULT,
    JobName.MAIL_RECEIPT_HEADS: QueueName.DEFAULT,
    JobName.BACK_UP_KEYRING: QueueName.DEFAULT,
    JobName.SWEEP_NAMES: QueueName.DEFAULT,
}
# Seconds a job may run before its worker ends it.
TIMEOUT: Final = {
    JobName.TRANSCRIBE: 900,
    JobName.FETCH_RECORDING: 180,
    JobName.PURGE: 3600,
    JobName.CARRY_OUT_REQUEST: 3600,
    JobName.SWEEP_REQUESTS: 3600,
    JobName.COUNT_STATISTICS: 3600,
    JobName.RECONCILE_STORAGE: 3600,
    JobName.BACK_UP_KEYRING: 3600,
    JobName.SWEEP_NAMES: 3600,
}
DEFAULT_TIMEOUT: Final = 120


def redis_client(url: str, *, patient: bool) -> Redis:
    """A client; an impatient one (web) gives up within a second, a patient one (worker) waits."""
    if patient:
        return Redis.from_url(url)
    return Redis.from_url(
        url,
        retry=Retry(ExponentialBackoff(cap=0.1, base=0.05), 1),
        socket_connect_timeout=0.5,
        socket_timeout=1,
    )


class Bell:
    """Rings workers; a bell that nobody hears is logged and made good by the sweeps."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def queue(self, name: QueueName) -> Queue:
        """The RQ queue of that name, with the house's serializer."""
        return Queue(name.value, connection=self.redis, serializer=SERIALIZER)

    def ring(self, job: JobName, row: UUID | None = None) -> bool:
        """Ask for the job on the row; False when Redis is away. Ringing twice queues once."""
        args = () if row is None else (str(row),)
        try:
            self.queue(QUEUE_OF[job]).enqueue(
                job.value,
                *args,
                # RQ refuses a second enqueue of an id while the first still waits or runs.
                job_id=f"{job.name.lower()}-{row or 'all'}",
                unique=True,
                # RQ's own description would be the call with its arguments.
                description=job.name.lower(),
                job_timeout=TIMEOUT.get(job, DEFAULT_TIMEOUT),
                result_ttl=0,
                failure_ttl=FAILURE_SECONDS,
            )
        except DuplicateJobError:
            return True
        except RedisError:
            log.warning("bell.unheard", extra={"job": job.name})
            return False
        return True

    def ring_after(self, session: Session, job: JobName, row: UUID) -> None:
        """Ring once the session's transaction has committed, so that the worker finds the row."""

        def ring() -> None:
            self.ring(job, row)

        after_commit(session, ring)
