"""A no bites at once and everywhere, outlives erasure, and can be taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.queue import QueueName
from storage.states import AttemptState, CallState, InvitationState
from storage.tables import Attempt, Call, Customer, Invitation, Objection, User
from survey import interactions, objections, subjects
from survey.interactions import Outcome, ToldInteraction
from survey.objections import Source
from survey.permission import Method
from survey.places import find_campaign, find_organisation
from survey.subjects import Subject
from tests.rows import make_call

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
PHONE, MAIL = "+46701740605", "maja@example.org"


def register(house: House, reference: str, phone: str, email: str | None) -> Outcome:
    with transaction() as session:
        _, campaign = find_campaign(session, organisation="consumer-credit", campaign="after-case")
        told = ToldInteraction(reference, phone, phone, NOW - timedelta(hours=2), email=email)
        return interactions.register(
            session, told, campaign=campaign, keyring=house.keyring, now=NOW
        ).outcome


def hashes(house: House, phone: str | None = None, email: str | None = None) -> tuple[bytes, ...]:
    with reading() as session:
        owner = find_organisation(session, "consumer-credit")
    (found,) = subjects.hashes_of(
        [Subject(phone, email)], organisation_id=owner.id, keyring=house.keyring
    )
    return found


def organisation_id() -> UUID:
    with reading() as session:
        return find_organisation(session, "consumer-credit").id


def object_to(house: House, method: Method = Method.ALL, **who: str) -> objections.Noted:
    with transaction() as session:
        return objections.record_hashes(
            session, organisation_id(), hashes(house, **who), method=method,
            source=Source.WEB, at=NOW,
        )  # fmt: skip


def take_back(house: House, method: Method = Method.ALL, **who: str) -> int:
    with transaction() as session:
        return objections.take_back(
            session, organisation_id(), hashes(house, **who), method=method,
            source=Source.SMS, at=NOW + timedelta(days=1),
        )  # fmt: skip


def in_force(house: House, **who: str) -> set[Method]:
    with reading() as session:
        found = objections.in_force(session, organisation_id(), hashes(house, **who))
    return set().union(*found.values())


def states() -> list[str]:
    with reading() as session:
        return [one.value for one in session.scalars(select(Invitation.state))]


@pytest.mark.parametrize("said", [{"phone": PHONE}, {"email": MAIL}])
@pytest.mark.parametrize(("phone", "email"), [(PHONE, None), (PHONE, MAIL), ("+46701740699", MAIL)])
def test_a_later_import_meets_the_no_by_the_number_alone_and_by_the_address_alone(
    shipped: House, said: dict[str, str], phone: str, email: str | None
) -> None:
    register(shipped, "first", PHONE, MAIL)
    object_to(shipped, **said)

    assert register(shipped, "later", phone, email) is Outcome.OBJECTED


def test_it_is_met_too_after_everything_about_the_person_was_erased(shipped: House) -> None:
    register(shipped, "first", PHONE, MAIL)
    object_to(shipped, phone=PHONE)
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        customer.phone_hash = customer.email_hash = customer.phone_sealed = None

    assert register(shipped, "later", "+46701740699", MAIL) is Outcome.OBJECTED
    assert register(shipped, "much later", PHONE, None) is Outcome.OBJECTED


def test_it_withdraws_what_is_open_for_everybody_known_by_the_number_or_the_address(
    shipped: House,
) -> None:
    register(shipped, "one", PHONE, MAIL)
    register(shipped, "two", "+46701740699", MAIL)
    register(shipped, "other", "+46701740688", None)

    noted = object_to(shipped, email=MAIL)

    assert noted == objections.Noted(new=True, withdrawn=2)
    assert sorted(states()) == ["planned", "withdrawn", "withdrawn"]


def test_an_import_without_an_address_forgets_none(shipped: House) -> None:
    register(shipped, "one", PHONE, MAIL)
    register(shipped, "two", PHONE, None)

    assert object_to(shipped, email=MAIL).withdrawn == 2


def test_said_twice_it_is_one(shipped: House) -> None:
    object_to(shipped, phone=PHONE)

    assert object_to(shipped, phone=PHONE) == objections.Noted(new=False, withdrawn=0)
    with reading() as session:
        assert len(session.scalars(select(Objection)).all()) == 1


def test_a_no_to_text_messages_withdraws_no_call(shipped: House) -> None:
    register(shipped, "one", PHONE, None)

    object_to(shipped, Method.SMS, phone=PHONE)

    assert states() == ["planned"]
    assert in_force(shipped, phone=PHONE) == {Method.SMS}


def test_nobody_elses_organisation_hears_of_it(shipped: House) -> None:
    object_to(shipped, phone=PHONE)

    with reading() as session:
        other = find_organisation(session, "software").id
        (theirs,) = subjects.hashes_of(
            [Subject(PHONE)], organisation_id=other, keyring=shipped.keyring
        )
        assert objections.in_force(session, other, theirs) == {}


def test_taken_back_by_the_number_it_is_gone_for_the_address_too_even_after_erasure(
    shipped: House,
) -> None:
    register(shipped, "first", PHONE, MAIL)
    object_to(shipped, phone=PHONE)
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        customer.phone_hash = customer.email_hash = None

    assert take_back(shipped, phone=PHONE) == 2
    assert in_force(shipped, phone=PHONE, email=MAIL) == set()
    assert register(shipped, "later", "+46701740699", MAIL) is Outcome.INVITED


HERS = "+46701740699"


def her(house: House) -> None:
    """Somebody else who has the address and was not asked."""
    with transaction() as session:
        session.add(
            Customer(
                organisation_id=organisation_id(), phone_hash=hashes(house, phone=HERS)[0],
                email_hash=hashes(house, email=MAIL)[0], created_at=NOW, last_interaction_at=NOW,
            )
        )  # fmt: skip


@pytest.mark.parametrize("told", [{"phone": HERS}, {"phone": HERS, "email": MAIL}])
@pytest.mark.parametrize(
    ("said", "gone"), [("number", False), ("both", True), ("customer", False), ("customer", True)]
)
def test_who_shares_an_address_takes_back_for_nobody_else(
    shipped: House, told: dict[str, str], said: str, gone: bool
) -> None:
    register(shipped, "his", PHONE, MAIL)
    register(shipped, "hers", HERS, MAIL)
    with transaction() as session:
        him = subjects.customers_known_by(session, organisation_id(), hashes(shipped, phone=PHONE))[
            0
        ]
        if said == "customer":
            objections.record(session, him, Method.ALL, source=Source.CALL, at=NOW)
    if said != "customer":
        object_to(shipped, phone=PHONE, **({"email": MAIL} if said == "both" else {}))
    if gone:
        with transaction() as session:
            him = session.get_one(Customer, him.id)
            him.phone_hash = him.email_hash = None
    assert register(shipped, "hers later", HERS, MAIL) is Outcome.OBJECTED

    take_back(shipped, **told)

    assert in_force(shipped, phone=PHONE) == {Method.ALL}
    assert register(shipped, "his later", PHONE, None) is Outcome.OBJECTED
    assert register(shipped, "hers last", HERS, MAIL) is Outcome.INVITED


def test_an_address_that_somebody_else_has_now_names_nobody_who_was_erased(
    shipped: House,
) -> None:
    register(shipped, "his", PHONE, MAIL)
    object_to(shipped, phone=PHONE)
    with transaction() as session:
        him = session.scalars(select(Customer)).one()
        him.phone_hash = him.email_hash = None
    her(shipped)

    take_back(shipped, email=MAIL)

    assert in_force(shipped, email=MAIL) == set()
    assert in_force(shipped, phone=PHONE) == {Method.ALL}


@pytest.mark.parametrize("told", [{"phone": PHONE}, {"email": MAIL}])
def test_a_no_by_an_address_that_two_share_is_taken_back_for_nobody_by_it_or_by_one_of_them(
    shipped: House, told: dict[str, str]
) -> None:
    register(shipped, "his", PHONE, MAIL)
    register(shipped, "hers", HERS, MAIL)
    object_to(shipped, email=MAIL)

    take_back(shipped, **told)

    assert in_force(shipped, email=MAIL) == set()
    assert in_force(shipped, phone=HERS) == {Method.ALL}


def test_what_was_said_under_an_address_that_nobody_has_now_ends_with_its_number(
    shipped: House,
) -> None:
    register(shipped, "first", PHONE, MAIL)
    object_to(shipped, phone=PHONE)
    with transaction() as session:
        session.scalars(select(Customer)).one().email_hash = b"another"

    assert take_back(shipped, phone=PHONE) == 2
    assert in_force(shipped, email=MAIL) == set()


def test_what_was_said_under_an_address_that_somebody_else_has_now_stays(shipped: House) -> None:
    register(shipped, "first", PHONE, MAIL)
    object_to(shipped, phone=PHONE)
    with transaction() as session:
        session.scalars(select(Customer)).one().email_hash = None
    her(shipped)

    assert take_back(shipped, phone=PHONE) == 1
    assert in_force(shipped, email=MAIL) == {Method.ALL}


def test_taking_back_says_who_when_and_from_where_and_asks_nothing_anew(shipped: House) -> None:
    register(shipped, "first", PHONE, None)
    object_to(shipped, phone=PHONE)

    take_back(shipped, phone=PHONE)

    with reading() as session:
        row = session.scalars(select(Objection)).one()
    assert (row.source, row.made_at) == ("web", NOW)
    assert (row.withdrawn_source, row.withdrawn_at) == ("sms", NOW + timedelta(days=1))
    assert states() == ["withdrawn"]
    assert take_back(shipped, phone=PHONE) == 0


def test_who_objected_to_all_and_takes_calls_back_still_objects_to_the_rest(
    shipped: House,
) -> None:
    object_to(shipped, phone=PHONE)

    take_back(shipped, Method.CALLS, phone=PHONE)

    assert in_force(shipped, phone=PHONE) == {Method.SMS, Method.EMAIL}


def test_taking_back_one_way_leaves_a_no_to_another_alone(shipped: House) -> None:
    object_to(shipped, Method.SMS, phone=PHONE)
    object_to(shipped, Method.CALLS, phone=PHONE)

    assert take_back(shipped, Method.CALLS, phone=PHONE) == 1
    assert in_force(shipped, phone=PHONE) == {Method.SMS}


def test_who_wrote_it_down_is_kept(shipped: House) -> None:
    with transaction() as session:
        user = User(password_hash="x", created_at=NOW)
        session.add(user)
        session.flush()
        objections.record_hashes(
            session, organisation_id(), hashes(shipped, phone=PHONE), method=Method.ALL,
            source=Source.LETTER, at=NOW, said_at=NOW - timedelta(days=2), by=user.id,
        )  # fmt: skip

    with reading() as session:
        row = session.scalars(select(Objection)).one()
    assert (row.source, row.made_by, row.made_at) == ("letter", user.id, NOW - timedelta(days=2))


@pytest.mark.parametrize(
    ("state", "flow", "ends"),
    [
        (CallState.NEW, None, True),
        (CallState.QUEUED, None, True),
        (CallState.RINGING, None, True),
        (CallState.RINGING, {"visit": 1}, False),
        (CallState.IN_PROGRESS, {"visit": 1}, False),
        (CallState.COMPLETED, None, False),
    ],
)
def test_a_telephone_that_rings_is_called_off_and_a_conversation_never(
    shipped: House, invite: Any, desk: Any, state: CallState, flow: dict[str, int] | None,
    ends: bool,
) -> None:  # fmt: skip
    invitation_id = invite(phone=PHONE)
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        attempt.state = AttemptState.PLACED
    more = {} if flow is None else {"flow": flow}
    call = make_call(organisation_id(), attempt_id=attempt.id, at=NOW, state=state, **more)

    object_to(shipped, phone=PHONE)

    assert states() == [InvitationState.WITHDRAWN]
    rung = f"end_call-{call.id}" in shipped.bell.queue(QueueName.DEFAULT).job_ids
    assert rung is ends


def test_a_call_to_somebody_else_goes_on(shipped: House, invite: Any, desk: Any) -> None:
    invitation_id = invite(phone="+46701740699")
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        attempt.state = AttemptState.PLACED
    make_call(organisation_id(), attempt_id=attempt.id, at=NOW, state=CallState.RINGING)

    object_to(shipped, phone=PHONE)

    rung = shipped.bell.queue(QueueName.DEFAULT).job_ids
    assert [job for job in rung if job.startswith("end_call")] == []
    with reading() as session:
        assert session.scalars(select(Attempt.state)).one() is AttemptState.PLACED
        assert session.scalars(select(Call.state)).one() is CallState.RINGING
