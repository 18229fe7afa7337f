"""For how long a person may fetch their package: as long as exports are kept, from the decision."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from config.periods import Period, Unit
from config.retention_rules import DataClass
from privacy import retention
from privacy.retention import NoRuleError
from storage.request_states import Outcome, RequestKind, RequestState
from storage.tables import Organisation, RightsRequest

KINDS: Final = (RequestKind.ACCESS, RequestKind.PORTABILITY)
# Where the schedule says nothing usable of exports.
_OTHERWISE: Final = Period(7, Unit.DAY)


def ends_at(request: RightsRequest, organisation: Organisation) -> datetime | None:
    """When the package is not offered any more; None for a request that offers none."""
    given = request.outcome in (Outcome.GRANTED, Outcome.PARTLY)
    if request.kind not in KINDS or not given or request.decided_at is None:
        return None
    try:
        period = retention.schedule_of(organisation).period(DataClass.EXPORTS)
    except NoRuleError:
        period = None
    return (period or _OTHERWISE).after(request.decided_at, ZoneInfo(organisation.timezone))


def is_open(request: RightsRequest, organisation: Organisation, *, now: datetime) -> bool:
    """Whether the person may fetch it now."""
    end = ends_at(request, organisation)
    return request.state is RequestState.DONE and end is not None and now < end
