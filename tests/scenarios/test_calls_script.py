"""`flask calls script FILE`: a scenario told line by line, against a service that is running."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from embedded import scripts
from ivr import dialling
from storage.faults import TryAgain
from storage.house import House, utc_now
from storage.queue import QueueName
from tests.conftest import environment_of_tests
from tests.scenarios.conftest import free_port
from tests.scenarios.stage import FILES, Stage
from transcription.jobs import transcribe
from voicemail.jobs import delete_at_provider, fetch_recording

WORK = {"fetch_recording": fetch_recording, "transcribe": transcribe,
        "delete_at_provider": delete_at_provider}  # fmt: skip


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """As `make run` has them: the simulator is the telephone network."""
    return load_settings(
        environment_of_tests(database_url, redis_url, tmp_path)
        | {
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "MAIL_URL": f"smtp://127.0.0.1:{free_port()}",
            "SIMULATOR": "on",
        }
    )


@contextmanager
def running_service(house: House) -> Iterator[None]:
    """A dialler and workers that go on until the block ends."""
    over = threading.Event()

    def dial() -> None:
        while not over.wait(0.2):
            try:
                dialling.run_once(now=utc_now())
            except TryAgain:
                continue

    def work() -> None:
        while not over.wait(0.1):
            for name in (QueueName.RECORDINGS, QueueName.TRANSCRIPTION):
                for job in house.bell.queue(name).jobs:
                    WORK[job.func_name.rsplit(".", 1)[1]](*job.args)
                    job.delete()

    threads = [threading.Thread(target=dial), threading.Thread(target=work)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_a_scenario_is_told_from_the_first_word_to_what_was_stored(stage: Stage) -> None:
    with running_service(stage.house):
        told = list(scripts.play(FILES / "low-scores-ask-to-be-contacted.toml"))

    text = "\n".join(told)
    assert told[0] == "Low scores, a spoken comment and a yes to being contacted"
    assert "hears   Hello! This is an automated call from Exempelkredit" in text
    assert "presses 2" in text
    assert "speaks  4.81 seconds" in text
    assert '"transcript": "the invoice was wrong and i want my money back"' in text
    assert '"follow_up": "yes"' in text


def test_a_scenario_can_be_played_twice(stage: Stage) -> None:
    with running_service(stage.house):
        first = list(scripts.play(FILES / "one-is-not-ten.toml"))
        second = list(scripts.play(FILES / "one-is-not-ten.toml"))

    assert any('"status": "completed"' in line for line in first)
    assert any('"status": "completed"' in line for line in second)


def test_a_scenario_without_a_customer_is_refused_by_field(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('title = "x"\n[[calls]]\n')

    with pytest.raises(scripts.ScriptError, match=r"\[customer\] needs phone"):
        list(scripts.play(file))


def test_a_mistake_in_a_scenario_is_named_with_its_field(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text(
        '[customer]\nphone = "+46701740605"\norganisation = "consumer-credit"\n'
        'campaign = "after-case"\ncase_reference = "K-1"\n[[calls]]\npickup = "robot"\n'
    )

    with pytest.raises(scripts.ScriptError, match=r"calls\.0\.pickup"):
        list(scripts.play(file))
