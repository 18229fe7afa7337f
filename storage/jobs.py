"""How a job runs: it opens the house if need be, and lets nothing personal out when it fails."""

import functools
import logging
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from config.settings import load_settings
from storage.faults import GiveUp, TryAgain
from storage.house import NoHouseError, house, open_house

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., None])


class JobFailed(Exception):  # noqa: N818 - read in the failed list, where it is a sentence
    """All that Redis gets to know of a failure: a code, never a text or a traceback of ours."""


def job(work: F) -> F:
    """Make `work` a job: called with row ids as texts, returns nothing, may run twice.

    A failure leaves the row as it is for the sweep to ring again. What RQ stores about it is the
    error's class or code alone, because RQ keeps exception texts in Redis.
    """

    @functools.wraps(work)
    def run(*rows: str) -> None:
        try:
            house()
        except NoHouseError:
            open_house(load_settings(), patient=True)
        try:
            work(*(UUID(row) for row in rows))
        except (TryAgain, GiveUp) as fault:
            log.warning("job.failed", extra={"job": work.__name__, "code": fault.code})
            failure = JobFailed(fault.code or type(fault).__name__)
        except Exception as error:
            log.exception("job.broke", extra={"job": work.__name__, "code": type(error).__name__})
            failure = JobFailed(type(error).__name__)
        else:
            return
        raise failure from None

    return run  # type: ignore[return-value]
