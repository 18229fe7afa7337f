"""Importing a file of interactions: in batches, each with a commit of its own, repeatable.

An import that was interrupted is simply run again; what was registered before is known already.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from storage.house import House
from storage.tables import Campaign
from survey import interactions
from survey.fault_list import FaultList
from survey.foresight import Foresight
from survey.interaction_file import (
    InteractionFile,
    LineFault,
    NotAnImportFileError,
)
from survey.interactions import Outcome, ToldInteraction
from survey.places import find_campaign
from survey.preview import Preview

BATCH: Final = 250
"""Lines per commit: few enough that a call in progress never waits long for its turn to write."""


# After how many batches the database looks again at tables that have grown fourfold.
_LOOKS: Final = frozenset(4**power for power in range(1, 10))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is, in bytes of the file."""

    done: int
    total: int


@dataclass(slots=True)
class ImportReport:
    """What an import did, or in a dry run would do; `faulty` lines are listed in `errors`."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    faulty: int = 0
    errors: Path | None = None
    # Of a dry run that would invite somebody: what would become of them.
    ahead: Preview | None = None

    @property
    def lines(self) -> int:
        """How many lines with something on them the file has below its header."""
        return self.outcomes.total() + self.faulty


def import_file(
    house: House,
    path: Path,
    *,
    organisation: str,
    campaign: str,
    now: datetime,
    dry_run: bool = False,
    source: str | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> ImportReport:
    """Register every good line of the CSV file and invite its customers.

    `source` is where the numbers of lines that do not say it came from.

    Bad lines are left out, counted, and listed by number, column and reason in FILE.errors.csv.
    Raises UnknownPlaceError, or NotAnImportFileError when nothing of the file can be used.
    """
    with house.database.reading() as session:
        owner, place = find_campaign(session, organisation=organisation, campaign=campaign)
        country, zone, campaign_id = owner.country, ZoneInfo(owner.timezone), place.id
    try:
        total = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise NotAnImportFileError(f"cannot be read: {error.strerror}") from None
    report = ImportReport()
    with file, Foresight(house, campaign_id, now=now) as foresight:
        lines = InteractionFile(file, country=country, zone=zone, now=now, source=source)
        with FaultList(path) as faults:
            for number, batch in enumerate(_batches(lines), start=1):
                told = []
                for one in batch:
                    if isinstance(one, LineFault):
                        faults.add(one)
                    else:
                        told.append(one)
                if dry_run:
                    outcomes = foresight.of(told)
                else:
                    outcomes = _register(house, campaign_id, told, now=now)
                    if number in _LOOKS:
                        house.database.look_over("customers", "interactions", "invitations")
                report.outcomes.update(outcomes)
                tell(Progress(lines.position(), total))
            report.faulty = faults.count
    report.errors = faults.path
    if report.outcomes[Outcome.INVITED] and dry_run:
        report.ahead = foresight.ahead()
    return report


def _batches(
    source: Iterable[ToldInteraction | LineFault],
) -> Iterator[list[ToldInteraction | LineFault]]:
    lines = iter(source)
    while batch := list(itertools.islice(lines, BATCH)):
        yield batch


def _register(
    house: House, campaign_id: UUID, told: Sequence[ToldInteraction], *, now: datetime
) -> list[Outcome]:
    with house.database.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        registered = interactions.register_many(
            session, told, campaign=campaign, keyring=house.keyring, now=now
        )
    return [one.outcome for one in registered]
