"""Permits for tests of what lies behind the door, where no decision is stored."""

from uuid import UUID, uuid4

from storage import permits
from storage.permits import Permit
from storage.states import AttemptMethod


def forged_permit(
    method: AttemptMethod = AttemptMethod.CALL, *, decision_id: UUID | None = None
) -> Permit:
    """A permit without a stored decision: only a test knows where to find the stamp."""
    return Permit(decision_id or uuid4(), uuid4(), method, permits._STORED)
