"""`python -m simulator` brings the lab, the town and the mail catcher along."""

import os
import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests


@pytest.fixture
def started(tmp_path: Path) -> Iterator[str]:
    """What the command says of itself, once it runs."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulator", "--data", str(tmp_path), "--port", "0"),
            *("--population", "40", "--population-seed", "1", "--smtp-port", "0"),
        ],
        env=os.environ
        | {"SIMULATOR_ACCOUNT_SID": "AC" + "0" * 32, "SIMULATOR_AUTH_TOKEN": "token"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield "".join(process.stdout.readline() for _ in range(4))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


def test_the_lab_and_the_mail_catcher_are_there_and_say_where(started: str) -> None:
    lab = re.search(r"phone lab at (\S+)", started)
    mail = re.search(r"catching mail on smtp://127\.0\.0\.1:(\d+)", started)
    assert lab is not None, started
    assert mail is not None, started

    note = EmailMessage()
    note["From"], note["To"], note["Subject"] = "a@x.example", "b@x.example", "Hej där"
    note.set_content("Text")
    with smtplib.SMTP("127.0.0.1", int(mail[1]), timeout=10) as smtp:
        smtp.send_message(note)

    assert "Phone lab" in requests.get(lab[1], timeout=10).text
    assert "Hej där" in requests.get(lab[1].replace("/lab/", "/mail/"), timeout=10).text
