"""The bell: rings once, keeps Redis free of anything personal, and is never fatal."""

from uuid import uuid4

from redis import Redis

from storage.house import House, transaction
from storage.queue import QUEUE_OF, Bell, JobName, QueueName, redis_client


def test_ringing_twice_queues_once(house: House) -> None:
    row = uuid4()

    assert house.bell.ring(JobName.FETCH_RECORDING, row)
    assert house.bell.ring(JobName.FETCH_RECORDING, row)

    queue = house.bell.queue(QueueName.RECORDINGS)
    assert [tuple(job.args) for job in queue.jobs] == [(str(row),)]


def test_a_job_tells_redis_its_name_and_a_row_id_and_nothing_else(house: House) -> None:
    row = uuid4()
    house.bell.ring(JobName.TRANSCRIBE, row)

    (job,) = house.bell.queue(QueueName.TRANSCRIPTION).jobs

    assert job.description == "transcribe"
    assert job.func_name == "transcription.jobs.transcribe"
    assert job.result_ttl == 0
    assert job.failure_ttl == 60


def test_a_bell_rung_within_a_transaction_sounds_after_the_commit(house: House) -> None:
    row = uuid4()
    queue = house.bell.queue(QueueName.RECORDINGS)

    with transaction() as session:
        house.bell.ring_after(session, JobName.FETCH_RECORDING, row)
        assert queue.count == 0

    assert queue.count == 1


def test_redis_being_away_is_answered_within_a_second_and_not_raised(tmp_path: object) -> None:
    bell = Bell(redis_client(f"unix://{tmp_path}/nobody.sock", patient=False))

    assert bell.ring(JobName.FETCH_RECORDING, uuid4()) is False
    bell.redis.close()


def test_every_job_has_a_queue() -> None:
    assert set(QUEUE_OF) == set(JobName)


def test_clients_of_the_web_do_not_wait(redis_url: str) -> None:
    client: Redis = redis_client(redis_url, patient=False)

    assert client.connection_pool.connection_kwargs["socket_timeout"] == 1
    client.close()
