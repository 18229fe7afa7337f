"""Permits for tests of what lies behind the door, where no decision is stored."""

from uuid import uuid4

from storage import permits
from storage.permits import Contact, Permit
from storage.states import AttemptMethod


def forged_permit(wanted: Contact, method: AttemptMethod = AttemptMethod.CALL) -> Permit:
    """A permit without a stored decision: only a test knows where to find the stamp."""
    return Permit(
        uuid4(),
        uuid4(),
        wanted.attempt_id,
        method,
        wanted.purpose,
        permits.mark(wanted.to),
        permits._STORED,
    )
