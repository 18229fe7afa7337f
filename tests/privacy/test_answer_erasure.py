"""What staff noted about an answer goes with it, when whoever gave it has it deleted by code."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from privacy import answer_erasure, receipt_codes
from privacy.erasing import hands_of
from privacy.person_erasure import NeededError
from storage.house import House, reading, transaction, utc_now
from storage.identity import new_id
from storage.matters import CaseKind
from storage.tables import Case, Organisation, ReceiptCode, Response
from survey import cases
from survey.cases import NoCaseError
from tests import rows
from tests.console.worlds import World, make_world


def make_case(house: House, world: World, *, kind: CaseKind, closed: bool = True) -> UUID:
    """A case about the answer of that world, in which staff wrote down what was said."""
    with transaction() as session:
        case = cases.open_about(
            session, session.get_one(Response, world.response.id), kind=kind,
            text="says: please ring zero seven zero", keyring=house.keyring, now=utc_now(),
        )  # fmt: skip
        case.closed_at = utc_now() if closed else None
        return case.id


def ask(house: House, world: World) -> UUID:
    """Ask for the deletion with a code of one's own."""
    with transaction() as session:
        receipt_codes.give(
            session,
            world.organisation.id,
            world.response.id,
            keyring=house.keyring,
            at=utc_now(),
        )
    with reading() as session:
        code = session.scalars(select(ReceiptCode.id)).one()
    answer_erasure.ask(code, keyring=house.keyring, now=utc_now())
    return code


def stored(table: Any) -> list[UUID]:
    with reading() as session:
        return sorted(session.scalars(select(table.id)))


def extend(world: World, data_class: str, by: str) -> None:
    with transaction() as session:
        owner = session.get_one(Organisation, world.organisation.id)
        owner.document = owner.document | {
            "retention": [
                one | ({"extended_by": [by]} if one["class"] == data_class else {})
                for one in rows.RETENTION
            ]
        }


def test_cases_about_a_deleted_answer_go_with_their_notes_keys_and_receipts(house: House) -> None:
    world = make_world()
    mine = [make_case(house, world, kind=kind, closed=False) for kind in CaseKind]
    other = Case(
        id=new_id(), organisation_id=world.organisation.id, opened_at=utc_now(),
        collected_at=world.response.started_at,
        customer_id=world.invitation.customer_id, interaction_id=uuid4(), kind=CaseKind.FOLLOW_UP,
    )  # fmt: skip
    rows.add(other)
    assert sorted(house.keyring.keys(mine)) == sorted(mine)

    answer_erasure.carry_out(ask(house, world), hands=hands_of(house), now=utc_now())

    assert stored(Response) == []
    assert stored(Case) == [other.id]  # about another contact
    assert house.keyring.keys(mine) == {}
    lines = [json.loads(line.body) for line in house.ledger.lines(world.organisation.id)]
    told = [(line["kind"], line["count"]) for line in lines]
    assert told == [("calls", 1), ("cases", 2), ("responses", 1)]


@pytest.mark.parametrize("kind", list(CaseKind))
def test_an_open_case_that_the_schedule_keeps_stands_in_the_way_until_it_is_closed(
    house: House, kind: CaseKind
) -> None:
    world = make_world()
    case_id = make_case(house, world, kind=kind, closed=False)
    extend(world, "complaints" if kind is CaseKind.COMPLAINT else "case_notes", "open_matter")

    with pytest.raises(NeededError):
        ask(house, world)
    assert (stored(Case), stored(Response)) == ([case_id], [world.response.id])
    with transaction() as session:
        session.get_one(Case, case_id).closed_at = utc_now()

    answer_erasure.carry_out(ask(house, world), hands=hands_of(house), now=utc_now())

    assert stored(Case) == stored(Response) == []


def test_no_case_is_opened_about_an_answer_that_is_about_to_go(house: House) -> None:
    world = make_world()
    ask(house, world)

    with pytest.raises(NoCaseError, match="asked that this answer be deleted"):
        make_case(house, world, kind=CaseKind.FOLLOW_UP)

    assert stored(Case) == []
