"""The log: JSON, known keys only, no texts of exceptions."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from config.logs import set_up_logs


def logged(work: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What `work` writes to the log of a process, line by line."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    set_up_logs("info")
    try:
        work()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_careless_extra_does_not_reach_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        logging.getLogger("x").info("call.ended", extra={"call_id": "c1", "phone": "+4670174"})

    (line,) = logged(work, capsys)

    assert line["event"] == "call.ended"
    assert line["call_id"] == "c1"
    assert line["left_out"] == 1
    assert "4670174" not in json.dumps(line)


def test_an_exception_is_named_with_its_places_and_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work() -> None:
        try:
            raise ValueError("could not store +4670174")
        except ValueError:
            logging.getLogger("x").exception("store.failed")

    (line,) = logged(work, capsys)

    assert line["exception"]["class"] == "ValueError"
    assert "test_logs.py" in line["exception"]["places"][0]
    assert "4670174" not in json.dumps(line)
