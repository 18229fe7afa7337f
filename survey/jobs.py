"""The jobs of this room."""

from storage import statistic_cells
from storage.house import transaction, utc_now
from storage.jobs import job
from storage.periodic import mark_done
from storage.queue import JobName
from survey import answer_rates


@job
def sweep_lines() -> None:
    """Raise an alarm where far fewer people answer a line than did before."""
    now = utc_now()
    with transaction() as session:
        answer_rates.look(session, now=now)
        mark_done(session, JobName.SWEEP_LINES, now=now)


@job
def count_statistics() -> None:
    """Count into the statistics what enough others can be counted with."""
    now = utc_now()
    statistic_cells.count_all(now=now)
    with transaction() as session:
        mark_done(session, JobName.COUNT_STATISTICS, now=now)
