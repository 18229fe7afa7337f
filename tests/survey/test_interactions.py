"""Registering closed cases: once per reference, not at all after a no, not when too old."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from storage import forgotten_names
from storage.house import House, reading, transaction
from storage.states import InvitationState
from storage.tables import Customer, Interaction, Invitation, Objection, Organisation
from survey import interactions
from survey.interactions import Outcome, Registered, ToldInteraction
from survey.places import find_campaign
from tests.rows import case_of

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(
    reference: str = "case-1", phone: str = "+46701740605", *, ago: timedelta = 2 * HOUR,
    email: str | None = None,
) -> ToldInteraction:  # fmt: skip
    return ToldInteraction(
        reference, phone, phone, NOW - ago, email=email, name=f"Name of {reference}"
    )


def register(
    house: House, *cases: ToldInteraction, organisation: str = "consumer-credit",
    campaign: str = "after-case", now: datetime = NOW,
) -> list[Registered]:  # fmt: skip
    with transaction() as session:
        _, place = find_campaign(session, organisation=organisation, campaign=campaign)
        return interactions.register_many(
            session, cases, campaign=place, keyring=house.keyring, now=now
        )


def rows() -> tuple[int, int, int]:
    """How many customers, interactions and invitations there are."""
    with reading() as session:
        customers, told_of, invited = (
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Customer, Interaction, Invitation)
        )
    return customers, told_of, invited


def object_to(house: House, kind: str, value: str, *, method: str = "all") -> None:
    with transaction() as session:
        owner = session.scalars(
            select(Organisation.id).where(Organisation.key == "consumer-credit")
        ).one()
        session.add(
            Objection(
                organisation_id=owner,
                subject_hash=house.keyring.lookup_hash(owner, kind, value),
                method=method,
                source="call",
                made_at=NOW - timedelta(days=400),
            )
        )


def test_a_case_becomes_a_customer_an_interaction_and_an_invitation(shipped: House) -> None:
    (registered,) = register(shipped, told(ago=timedelta(minutes=10)))

    assert registered.outcome is Outcome.INVITED
    with reading() as session:
        invitation = session.get_one(Invitation, registered.invitation_id)
        interaction = session.get_one(Interaction, invitation.interaction_id)
    assert invitation.state is InvitationState.PLANNED
    assert invitation.due_at == NOW + timedelta(minutes=50)
    assert invitation.expires_at == NOW - timedelta(minutes=10) + timedelta(days=7)
    assert invitation.customer_id == interaction.customer_id
    assert case_of(interaction) == "case-1"


def test_the_same_case_twice_is_one_and_answers_with_the_same_invitation(shipped: House) -> None:
    (first,) = register(shipped, told())
    (again,) = register(shipped, told())

    assert again == Registered(Outcome.KNOWN_ALREADY, first.invitation_id)
    assert rows() == (1, 1, 1)


def test_the_same_case_twice_at_once_is_one(shipped: House) -> None:
    first, again = register(shipped, told(), told())

    assert [first.outcome, again.outcome] == [Outcome.INVITED, Outcome.KNOWN_ALREADY]
    assert first.invitation_id == again.invitation_id
    assert rows() == (1, 1, 1)


def test_two_cases_of_one_person_are_two_invitations_of_one_customer(shipped: House) -> None:
    register(shipped, told("case-1"), told("case-2"))

    assert rows() == (1, 2, 2)


def test_the_same_reference_in_two_organisations_is_two_cases(shipped: House) -> None:
    register(shipped, told())
    register(shipped, told(), organisation="answering-service", campaign="after-message")

    assert rows() == (2, 2, 2)


def test_of_somebody_who_objected_nothing_is_stored(shipped: House) -> None:
    object_to(shipped, "phone", "+46701740605", method="calls")
    object_to(shipped, "email", "no@example.org")

    outcomes = register(
        shipped, told(), told("case-2", "+46701740606", email="No@Example.org"),
        told("case-3", "+46701740607"),
    )  # fmt: skip

    assert [one.outcome for one in outcomes] == [
        Outcome.OBJECTED, Outcome.OBJECTED, Outcome.INVITED,
    ]  # fmt: skip
    assert outcomes[0].invitation_id is None
    assert rows() == (1, 1, 1)


def test_a_no_is_heeded_when_everything_else_of_the_person_is_forgotten(shipped: House) -> None:
    object_to(shipped, "phone", "+46701740605")
    names, kept, renamed = shipped.keyring.names, timedelta(days=7), 0
    with reading() as session:
        (old,) = session.scalars(select(Objection.subject_hash)).all()

    for hours in range(0, 24 * 10, 4):
        at = datetime.now(UTC) + timedelta(hours=hours)
        renamed += forgotten_names.sweep(shipped.database, names, kept=kept, now=at).renamed
        if hours % 24 == 12:
            assert register(shipped, told())[0].outcome is Outcome.OBJECTED

    assert renamed >= 1
    with reading() as session:
        assert old not in session.scalars(select(Objection.subject_hash)).all()
    assert register(shipped, told())[0].outcome is Outcome.OBJECTED


def test_an_objection_to_text_messages_keeps_nobody_from_being_rung(shipped: House) -> None:
    object_to(shipped, "phone", "+46701740605", method="sms")

    assert register(shipped, told())[0].outcome is Outcome.INVITED


def test_an_objection_to_one_organisation_does_not_reach_another(shipped: House) -> None:
    object_to(shipped, "phone", "+46701740605")

    elsewhere = register(
        shipped, told(), organisation="answering-service", campaign="after-message"
    )

    assert elsewhere[0].outcome is Outcome.INVITED


def test_of_a_case_too_old_to_ask_about_nothing_is_stored(shipped: House) -> None:
    old, young = register(
        shipped, told(ago=timedelta(days=7)),
        told("case-2", ago=timedelta(days=7) - timedelta(seconds=1)),
    )  # fmt: skip

    assert [old.outcome, young.outcome] == [Outcome.TOO_OLD, Outcome.INVITED]
    assert rows() == (1, 1, 1)


CASES = [
    told(f"case-{number}", f"+4670174060{number % 4 + 5}", ago=(number + 1) * 9 * HOUR)
    for number in range(24)
]


def table(house: House) -> list[tuple[object, ...]]:
    """Everything that was stored, without ids."""
    with reading() as session:
        found = session.execute(
            select(
                Interaction, Interaction.happened_at, Invitation.due_at, Invitation.expires_at,
                Invitation.state, Customer,
            )
            .join(Invitation, Invitation.interaction_id == Interaction.id)
            .join(Customer, Customer.id == Invitation.customer_id)
        ).all()  # fmt: skip
    return sorted(
        (
            case_of(case),
            *row,
            house.keyring.open(person.id, "customer.name", person.name_sealed),
            house.keyring.open(person.id, "customer.phone", person.phone_sealed),
            person.last_interaction_at,
        )
        for case, *row, person in found
    )


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_whatever_is_doubled_and_in_whatever_order_the_same_rows_come_of_it(
    shipped: House, data: st.DataObject
) -> None:
    wanted = data.draw(st.lists(st.sampled_from(CASES), unique=True))
    doubled = wanted + data.draw(st.lists(st.sampled_from(wanted))) if wanted else []
    rest = list(data.draw(st.permutations(doubled)))
    empty()
    register(shipped, *wanted)
    once = table(shipped)

    empty()
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        register(shipped, *rest[:size])
        rest = rest[size:]

    assert table(shipped) == once


def empty() -> None:
    with transaction() as session:
        for kind in (Invitation, Interaction, Customer):
            session.execute(delete(kind))


def test_a_case_told_for_a_second_campaign_keeps_its_person(shipped: House) -> None:
    second = with_second_campaign()
    register(shipped, told())

    (registered,) = register(shipped, told(phone="+46701740699"), campaign=second)

    assert registered.outcome is Outcome.INVITED
    assert rows() == (1, 1, 2)


def with_second_campaign() -> str:
    with transaction() as session:
        _, first = find_campaign(session, organisation="consumer-credit", campaign="after-case")
        values = {
            column.key: getattr(first, column.key)
            for column in type(first).__table__.columns
            if column.key not in ("id", "key")
        }
        session.add(type(first)(key="second", **values))
    return "second"
