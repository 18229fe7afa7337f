"""Cases of before get the moment of collection on the way up, from what is still there."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import inspect

from storage import schema
from storage.house import House, reading, transaction
from storage.matters import CaseKind
from storage.tables import Answer, Case, Customer, Interaction, Invitation, Organisation
from tests.rows import (
    NOON,
    add,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)

DAY = timedelta(days=1)
OPENED = NOON + 900 * DAY


class Before:
    """One customer of an organisation, with a case about each of several contacts."""

    def __init__(self) -> None:
        self.organisation: Organisation = make_organisation()
        self.customer: Customer = make_customer(self.organisation)
        self.wanted: dict[UUID, datetime] = {}

    def case(self, about: UUID, collected_at: datetime, *, opened_at: datetime = OPENED) -> None:
        """A case about that contact, and what its moment is to be."""
        case = Case(
            id=uuid4(), organisation_id=self.organisation.id, customer_id=self.customer.id,
            interaction_id=about, kind=CaseKind.FOLLOW_UP, opened_at=opened_at,
            collected_at=opened_at,
        )  # fmt: skip
        add(case)
        self.wanted[case.id] = collected_at

    def asked(self, *answers: datetime, about: UUID | None = None) -> UUID:
        """A contact of noon, asked about and begun to be answered a day later; its id."""
        campaign = make_campaign(self.organisation)
        invitation = make_invitation(campaign, self.customer)
        if about is not None:
            invitation = _moved(invitation, about)
        response = make_response(campaign, invitation, at=NOON + DAY, score=None)
        for nth, at in enumerate(answers):
            add(
                Answer(
                    organisation_id=self.organisation.id, response_id=response.id,
                    question_key=f"q{nth}", kind="nps", number=3, answered_at=at,
                )
            )  # fmt: skip
        return invitation.interaction_id

    def told(self, *, happened_at: datetime) -> UUID:
        """A contact that nobody is asked about any more."""
        contact = Interaction(
            id=uuid4(), organisation_id=self.organisation.id, customer_id=self.customer.id,
            happened_at=happened_at, created_at=NOON,
        )  # fmt: skip
        add(contact)
        return contact.id


def _moved(invitation: Invitation, about: UUID) -> Invitation:
    """The same invitation, about another contact."""
    with transaction() as session:
        found = session.get_one(Invitation, invitation.id)
        found.interaction_id = about
        return found


def test_each_case_gets_the_moment_of_what_it_is_about(house: House) -> None:
    before = Before()
    before.case(before.asked(NOON + 3 * DAY, NOON + 2 * DAY), NOON + 2 * DAY)
    # Nothing was answered: the beginning of the response.
    before.case(before.asked(), NOON + DAY)
    # Asked about twice: nothing tells about which, and the earliest keeps nothing too long.
    twice = before.asked(NOON + 9 * DAY)
    before.asked(NOON + 5 * DAY, about=twice)
    before.case(twice, NOON + 5 * DAY)
    # Never after it was opened.
    before.case(before.asked(NOON + 9 * DAY), NOON + 4 * DAY, opened_at=NOON + 4 * DAY)
    # The answer is gone: the contact; and that too: the case itself.
    before.case(before.told(happened_at=NOON - 7 * DAY), NOON - 7 * DAY)
    before.case(uuid4(), OPENED)

    schema.downgrade(house.database, "0048")
    assert "collected_at" not in {
        one["name"] for one in inspect(house.database.engine).get_columns("cases")
    }
    schema.upgrade(house.database)

    assert schema.differences(house.database) == []
    with reading() as session:
        found = {one.id: one.collected_at for one in session.query(Case)}
    assert found == before.wanted
