"""A child that runs into its wall ends alone."""

import io
import os
import resource
import signal
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from storage.audio import TooLong
from transcription.hearing import hear
from transcription.limits import wall_in
from transcription.recognition import Recogniser


def in_a_child(work: Callable[[], None]) -> int:
    """How a forked child ended: 0, its exit code, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except MemoryError:
            os._exit(7)
        except BaseException:
            os._exit(9)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_within_its_walls_a_job_works_as_ever(samples: tuple, recogniser: Recogniser) -> None:
    def job() -> None:
        wall_in(cpu_seconds=20)
        for sample in samples[:2]:
            result = hear(sample.data, language=sample.language, recogniser=recogniser)
            assert result.text == sample.text

    assert in_a_child(job) == 0


def test_a_job_that_grabs_memory_fails_in_its_own_child() -> None:
    def job() -> None:
        wall_in(extra_memory=64 << 20, cpu_seconds=20)
        bytearray(256 << 20)

    assert in_a_child(job) == 7
    bytearray(256 << 20)  # the parent has no wall


def test_a_job_that_never_ends_is_ended_by_the_kernel() -> None:
    def job() -> None:
        wall_in(cpu_seconds=1)
        while True:
            pass

    assert in_a_child(job) == -signal.SIGXCPU


def test_a_tighter_limit_of_the_operator_is_kept() -> None:
    def job() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
        wall_in(cpu_seconds=100)
        os._exit(resource.getrlimit(resource.RLIMIT_CPU)[0])

    assert in_a_child(job) == 3


@pytest.mark.parametrize("extra", [100 << 20, 300 << 20])
def test_what_the_worker_loaded_before_does_not_count(extra: int) -> None:
    held = bytearray(200 << 20)

    def job() -> None:
        wall_in(extra_memory=extra, cpu_seconds=20)
        bytearray(extra // 2)

    assert in_a_child(job) == 0
    assert len(held) == 200 << 20


def test_three_hours_in_a_small_file_fail_by_name_within_a_narrow_wall(
    recogniser: Recogniser,
) -> None:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(180):
            file.write(np.zeros(60 * 8000, np.int16))

    def job() -> None:
        wall_in(extra_memory=32 << 20, cpu_seconds=20)
        with pytest.raises(TooLong):
            hear(out.getvalue(), language="sv", recogniser=recogniser)

    assert in_a_child(job) == 0
