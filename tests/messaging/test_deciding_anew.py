"""What was granted and cannot be done is decided anew; an erasure in part names what keeps."""

import pytest
from sqlalchemy import select

from config.retention_rules import DataClass
from messaging import carrying_out
from privacy import erasing, holds, request_steps
from privacy.erasing import hands_of
from privacy.person_erasure import NeededError
from privacy.request_steps import WrongStepError
from privacy.requests import REQUESTED
from storage import alarms, receipt_writing
from storage.house import House, reading, transaction
from storage.receipts import Receipt, Way, What
from storage.request_states import Ground, Outcome, RequestState
from storage.tables import Invitation, RightsRequest
from tests.messaging.test_erasing_a_person import ask, erase, whole_life
from tests.messaging.test_held_against_erasure import may_be_held
from tests.privacy.test_holds import hold
from tests.rows import NOON


def stored(request: RightsRequest) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request.id)


def reconsider(request: RightsRequest) -> None:
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        carrying_out.reconsider(session, found, now=NOON)


def decide(
    house: House, request: RightsRequest, outcome: Outcome, ground: Ground | None = None
) -> None:
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        carrying_out.look_before_deciding(session, found, outcome, house=house, now=NOON)
        request_steps.decide(session, found, outcome=outcome, ground=ground, at=NOON)


def test_what_a_hold_stopped_is_taken_back_and_refused_with_its_ground(house: House) -> None:
    organisation = may_be_held()
    request = ask(whole_life(house, organisation))
    with pytest.raises(WrongStepError, match="nothing stands in the way"):
        reconsider(request)
    hold(house, organisation, holds.of_class(DataClass.ANSWERS))
    with pytest.raises(NeededError):
        erase(house, request)

    reconsider(request)

    again = stored(request)
    assert (again.state, again.outcome, again.decided_at) == (RequestState.PROVEN, None, None)
    with reading() as session:
        assert alarms.is_open(session, REQUESTED, subject=str(request.id))
    with pytest.raises(NeededError):
        decide(house, request, Outcome.GRANTED)
    with pytest.raises(WrongStepError, match="nothing of the person was erased yet"):
        decide(house, request, Outcome.PARTLY, Ground.LEGAL_CLAIM)
    decide(house, request, Outcome.REFUSED, Ground.LEGAL_CLAIM)
    assert stored(request).state is RequestState.DONE
    with pytest.raises(WrongStepError, match="no decision to take back"):
        reconsider(request)


def test_an_erasure_that_was_stopped_half_way_is_granted_in_part(house: House) -> None:
    organisation = may_be_held()
    request = ask(whole_life(house, organisation))
    with pytest.raises(WrongStepError, match="nothing stands in the way"):
        decide(house, request, Outcome.PARTLY, Ground.LEGAL_CLAIM)
    erase_one_invitation(house, request)
    hold(house, organisation, holds.of_class(DataClass.TELEPHONE_MESSAGES))
    reconsider(request)

    with pytest.raises(WrongStepError, match="in part only for what keeps the rest"):
        decide(house, request, Outcome.PARTLY, Ground.EXCESSIVE)
    decide(house, request, Outcome.PARTLY, Ground.LEGAL_CLAIM)

    done = stored(request)
    assert (done.state, done.ground) == (RequestState.DONE, Ground.LEGAL_CLAIM)


def erase_one_invitation(house: House, request: RightsRequest) -> None:
    """As far as an erasure came before something stopped it."""
    with reading() as session:
        mine = Invitation.customer_id == request.customer_id
        first = session.scalars(select(Invitation.id).where(mine).limit(1)).one()
    receipt = Receipt(
        what=What.ERASED,
        happened_at=NOON,
        organisation_id=request.organisation_id,
        kind="invitations",
        rule=f"erasure on request {request.reference}",
    )
    erasing.erase(receipt, Invitation, [first], Way.REMOVE, hands=hands_of(house), now=NOON)
    receipt_writing.write_out(ledger=house.ledger, keyring=house.keyring, now=NOON)
