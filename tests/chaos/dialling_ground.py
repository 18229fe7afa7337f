"""What diallers need to be let loose: the example lender, many due cases, and processes to kill."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.directory import load_configuration
from storage.house import house, transaction, utc_now
from storage.states import CampaignState
from storage.tables import Campaign, Line
from survey import interactions, organisations
from survey.interactions import ToldInteraction
from survey.places import find_campaign
from tests.chaos.service import CAMPAIGN, ORGANISATION, ROOT

_STARTED: Final = "dialler.started"
_PATIENCE: Final = 60.0


def prepare(*, calls_per_second: float, simultaneous_calls: int) -> None:
    """The shipped organisations in the open house; the lender's line carries that much, and its
    campaign rings at any hour."""
    with transaction() as session:
        organisations.apply(
            session,
            load_configuration(ROOT / "config"),
            keyring=house().keyring,
            now=utc_now(),
            rings_at_any_hour=True,
        )
        campaign = _campaign_rows(session)
        session.execute(
            update(Line)
            .where(Line.id == campaign.line_id)
            .values(calls_per_second=calls_per_second, simultaneous_calls=simultaneous_calls)
        )
        for other in session.scalars(select(Campaign).where(Campaign.id != campaign.id)):
            other.state = CampaignState.STOPPED


def invite(count: int, *, first: int = 0) -> None:
    """Due cases of as many people, each with a number of their own."""
    with transaction() as session:
        campaign = _campaign_rows(session)
        told = [
            ToldInteraction(
                f"case-{index}", number_of(index), number_of(index), utc_now() - timedelta(hours=3)
            )
            for index in range(first, first + count)
        ]
        interactions.register_many(
            session, told, campaign=campaign, keyring=house().keyring, now=utc_now()
        )


def number_of(index: int) -> str:
    """A mobile number in the country's own form; nothing outside this machine is ever called."""
    return f"+4670174{index:04d}"


def campaign_is(state: CampaignState) -> None:
    """Start, pause or stop the lender's campaign."""
    with transaction() as session:
        _campaign_rows(session).state = state


@contextmanager
def diallers(
    count: int, environment: Mapping[str, str], folder: Path
) -> Iterator[Sequence["subprocess.Popen[bytes]"]]:
    """As many dialler processes, all ready; told to stop afterwards.

    Each knows the provider at a loopback address of its own, where the provider listens at all.
    """
    logs = [folder / f"dialler-{number}.log" for number in range(count)]
    provider = environment["TWILIO_API_BASE_URL"]
    own = [provider.replace("//127.0.0.1:", f"//127.0.0.{one}:") for one in range(1, count + 1)]
    processes = [
        _start({**environment, "TWILIO_API_BASE_URL": url}, log)
        for url, log in zip(own, logs, strict=True)
    ]
    try:
        deadline = time.monotonic() + _PATIENCE
        while not all(_STARTED in log.read_text("utf-8") for log in logs):
            assert time.monotonic() < deadline, [log.read_text("utf-8") for log in logs]
            time.sleep(0.05)
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _start(environment: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as opened:
        return subprocess.Popen(
            [sys.executable, "dialler.py"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=opened,
            stderr=opened,
        )


def _campaign_rows(session: Session) -> Campaign:
    return find_campaign(session, organisation=ORGANISATION, campaign=CAMPAIGN)[1]
