"""What an end that is taken back brings back with it."""

from typing import Any

from ivr import attempt_ends
from storage.house import transaction, utc_now
from storage.states import Disposition
from storage.tables import Attempt, Call, ThrottleToken
from tests.ivr.conftest import rows

Telephone = Any


def test_a_written_off_attempt_that_rings_after_all_has_asked_the_person(
    telephone: Telephone,
) -> None:
    telephone.invite()
    order = telephone.claim()
    with transaction() as session:
        call, attempt = (
            session.get_one(Call, order.call_id),
            session.get_one(Attempt, order.attempt_id),
        )
        attempt_ends.write_off(
            session, call, attempt, Disposition.NEVER_PLACED, code="stopped", at=utc_now()
        )
    assert rows(ThrottleToken) == []

    with transaction() as session:
        assert attempt_ends.revive(session, session.get_one(Call, order.call_id))

    (token,) = rows(ThrottleToken)
    assert token.asked_at == attempt.placing_at
