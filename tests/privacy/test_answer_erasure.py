"""What staff noted about an answer goes with it, when whoever gave it has it deleted by code."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from config.retention_rules import DataClass
from privacy import answer_erasure, receipt_codes
from privacy.erasing import Hands, hands_of
from privacy.person_erasure import NeededError
from storage import export_files
from storage.blobs import BlobStore
from storage.export_words import ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction, utc_now
from storage.identity import new_id
from storage.ledger import Ledger
from storage.matters import CaseKind, HoldScope
from storage.receipts import SUBJECT_KIND, Receipt
from storage.states import CommentState
from storage.tables import (
    Call,
    Case,
    Comment,
    Export,
    Hold,
    Organisation,
    ReceiptCode,
    Recording,
    Response,
    Restriction,
)
from survey import cases
from survey.cases import NoCaseError
from tests import rows
from tests.console.worlds import World, make_world
from tests.privacy.test_logs_by_age import make_user


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
        mine = select(ReceiptCode.id).where(ReceiptCode.response_id == world.response.id)
        code = session.scalars(mine).one()
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
    person = house.keyring.lookup_hash(world.organisation.id, SUBJECT_KIND, world.phone)
    assert {line["subject"] for line in lines} == {person.hex()}


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


def hold_class(world: World, data_class: DataClass) -> UUID:
    """Hold everything of one class, where its rule alone allows it."""
    extend(world, data_class, "legal_hold")
    row = Hold(
        id=uuid4(), organisation_id=world.organisation.id, scope=HoldScope.DATA_CLASS,
        data_class=data_class, owner_id=make_user(world.organisation.id).id, made_at=utc_now(),
        review_at=utc_now() + timedelta(days=30),
    )  # fmt: skip
    rows.add(row)
    return row.id


@pytest.mark.parametrize("data_class", [DataClass.ANSWERS, DataClass.FREE_COMMENTS])
def test_a_hold_on_all_answers_or_all_comments_keeps_the_answer_until_it_is_released(
    house: House, data_class: DataClass
) -> None:
    world = make_world()
    held = hold_class(world, data_class)

    with pytest.raises(NeededError):
        ask(house, world)
    with transaction() as session:
        session.get_one(Hold, held).released_at = utc_now()

    answer_erasure.carry_out(ask(house, world), hands=hands_of(house), now=utc_now())

    assert stored(Response) == []


def test_a_hold_on_telephone_messages_keeps_no_answer_that_was_given_in_a_call(
    house: House,
) -> None:
    world = make_world()
    hold_class(world, DataClass.TELEPHONE_MESSAGES)

    answer_erasure.carry_out(ask(house, world), hands=hands_of(house), now=utc_now())

    assert stored(Response) == []


def test_a_hold_on_comments_keeps_no_answer_whose_comment_was_gone_before(house: House) -> None:
    world = make_world()
    with transaction() as session:
        session.get_one(Comment, world.comment.id).state = CommentState.ERASED
        session.get_one(Recording, world.recording.id).erased_at = utc_now()
    hold_class(world, DataClass.FREE_COMMENTS)

    answer_erasure.carry_out(ask(house, world), hands=hands_of(house), now=utc_now())

    assert stored(Response) == []


def test_an_answer_whose_call_is_frozen_by_itself_is_not_deleted(house: House) -> None:
    world = make_world()
    extend(world, DataClass.ANSWERS, "legal_hold")
    with reading() as session:
        (call,) = session.scalars(select(Call.id).where(Call.attempt_id.is_not(None)))
    rows.add(
        Restriction(
            organisation_id=world.organisation.id, call_id=call, cause="needed_for_claim",
            made_at=utc_now(),
        )
    )  # fmt: skip

    with pytest.raises(NeededError):
        ask(house, world)

    assert stored(Response) == [world.response.id]


def test_a_hold_set_after_the_asking_keeps_the_answer_and_ends_no_export(house: House) -> None:
    world = make_world()
    code = ask(house, world)
    made = Export(
        id=uuid4(), organisation_id=world.organisation.id, kind=ExportKind.RESPONSES,
        reason=ExportReason.NOT_STATED, place=ExportPlace.OURS, suffix=".csv",
        folder=export_files.mark_of(house.settings.data_dir, make=True), made_at=utc_now(),
        expires_at=utc_now() + timedelta(days=7),
    )  # fmt: skip
    rows.add(made)
    hold_class(world, DataClass.ANSWERS)

    with pytest.raises(NeededError):
        answer_erasure.carry_out(code, hands=hands_of(house), now=utc_now())

    assert stored(Response) == [world.response.id]
    with reading() as session:
        assert session.get_one(Export, made.id).expires_at == made.expires_at


class Telling(BlobStore):
    """The real store; once a file is deleted something happens."""

    def __init__(self, real: BlobStore, happens: Callable[[], object]) -> None:
        self.__dict__ |= vars(real)
        self._happens = happens

    def delete(self, item: UUID) -> None:
        self._happens()
        super().delete(item)


def test_a_hold_that_arrives_in_the_middle_keeps_what_is_left_of_the_answer(house: House) -> None:
    world = make_world()
    code = ask(house, world)
    blobs = Telling(house.blobs, lambda: hold_class(world, DataClass.ANSWERS))

    with pytest.raises(NeededError):
        answer_erasure.carry_out(code, hands=replace(hands_of(house), blobs=blobs), now=utc_now())

    assert stored(Response) == [world.response.id]
    with reading() as session:
        assert session.scalars(select(Call).where(Call.attempt_id.is_not(None))).all() == []


class CutOffError(Exception):
    """The process ended here."""


class CutOff(Ledger):
    """The house's ledger until the last step of a deletion is written down as begun."""

    def __init__(self, real: Ledger) -> None:
        self.__dict__ |= vars(real)

    def intend(self, receipt: Receipt, *, at: Any) -> None:
        super().intend(receipt, at=at)
        if receipt.kind == Response.__tablename__:
            raise CutOffError


def cut_off(house: House, code: UUID) -> None:
    """Carry it out up to the last step, of which nothing but the intent is there."""
    hands: Hands = replace(hands_of(house), ledger=CutOff(house.ledger))
    with pytest.raises(CutOffError):
        answer_erasure.carry_out(code, hands=hands, now=utc_now())


def test_what_somebody_elses_deletion_had_begun_is_not_taken_for_ones_own(house: House) -> None:
    world = make_world()
    invitation = rows.make_invitation(
        world.campaign, rows.make_customer(world.organisation, phone="+46701740699"),
        at=utc_now(), reference="CASE-2",
    )  # fmt: skip
    rows.make_survey_call(world.campaign, invitation, at=utc_now())
    other = rows.make_response(world.campaign, invitation, at=utc_now())
    rows.make_comment(other, at=utc_now())
    cut_off(house, ask(house, world))

    mine = ask(house, replace(world, response=other))
    receipt = answer_erasure.carry_out(mine, hands=hands_of(house), now=utc_now())

    assert other.id not in stored(Response)
    lines = [json.loads(line.body) for line in house.ledger.lines(world.organisation.id)]
    assert [line["rule"] for line in lines if line["receipt"] == str(receipt)] == [
        f"erasure by receipt code {mine.hex}"
    ]


def test_what_arrives_below_an_answer_that_is_going_goes_before_the_person_is_told_so(
    house: House,
) -> None:
    world = make_world()
    code = ask(house, world)
    cut_off(house, code)
    late = Comment(
        id=uuid4(), organisation_id=world.organisation.id, response_id=world.response.id,
        question_key="late", state=CommentState.RECORDED, made_at=utc_now(),
    )  # fmt: skip
    late.text_sealed = house.keyring.seal_one(late.id, "comment.text", "kom sent")
    rows.add(late)

    receipt = answer_erasure.carry_out(code, hands=hands_of(house), now=utc_now())

    assert stored(Response) == stored(Comment) == []
    assert house.keyring.keys([late.id]) == {}
    lines = [json.loads(line.body) for line in house.ledger.lines(world.organisation.id)]
    assert [line["count"] for line in lines if line["receipt"] == str(receipt)] == [1]
