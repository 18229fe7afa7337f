"""A request is granted for some of what is kept and refused for the rest; the answer says both."""

from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from messaging import answer_mail, carrying_out, package_mail, request_lines, weighing
from messaging.answer_words import ANSWER
from privacy import access_package, holds, parts, persons, requests
from privacy.access_words import ACCESS
from privacy.person_erasure import NeededError
from privacy.request_steps import WrongStepError
from privacy.requests import Asker
from storage.house import House, reading, transaction
from storage.ledger_check import check
from storage.request_states import (
    Ground,
    Outcome,
    PartKind,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import (
    Case,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    Recording,
    Response,
    Restriction,
    RightsRequest,
)
from survey.restriction_commands import restrictions_group
from tests.messaging.test_answer_mail import mailing_house, owner
from tests.messaging.test_erasing_a_person import CALLER, PERSONAL, ids_of, whole_life
from tests.messaging.test_held_against_erasure import may_be_held
from tests.post import Post
from tests.privacy.test_holds import hold
from tests.rows import NOON, make_organisation

K = RequestKind
CONTACTS = {"interactions", "invitations", "responses", "answers", "comments"}


def ask(house: House, organisation: Organisation, kind: RequestKind = K.ERASURE) -> UUID:
    asker = Asker(CALLER, house.keyring.lookup_hash(organisation.id, "phone", CALLER))
    with transaction() as session:
        request = requests.receive(
            session, organisation, asker, kind=kind, channel=RequestChannel.WEB, at=NOON,
            keyring=house.keyring, language="en",
        )  # fmt: skip
        weighing.prove(session, request, way=ProofWay.CALLED_BACK, at=NOON)
    return request.id


def decide(
    house: House,
    request_id: UUID,
    left_out: Collection[UUID],
    outcome: Outcome = Outcome.PARTLY,
    ground: Ground | None = Ground.LEGAL_CLAIM,
) -> RequestState | None:
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        carrying_out.decide(
            session, found, outcome=outcome, ground=ground, left_out=left_out, house=house,
            now=NOON,
        )  # fmt: skip
    return carrying_out.carry_out(request_id, house=house, now=NOON)


def stored(request_id: UUID) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request_id)


def part_ids(request_id: UUID, kind: PartKind) -> list[UUID]:
    with reading() as session:
        person = persons.of_request(session, session.get_one(RightsRequest, request_id))
        return [one.id for one in parts.of_person(session, person) if one.kind is kind]


def rows(wanted: Any) -> set[UUID]:
    with reading() as session:
        return set(session.scalars(wanted))


def test_what_a_claim_needs_is_kept_and_everything_else_is_gone(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    request_id = ask(house, organisation)
    (matter,) = part_ids(request_id, PartKind.MATTER)
    about = rows(select(Case.interaction_id).where(Case.id == matter))
    before = ids_of(organisation)

    assert decide(house, request_id, [matter]) is RequestState.DONE

    after = ids_of(organisation)
    assert (after["customers"], after["cases"]) == ({customer.id}, {matter})
    assert after["interactions"] == about
    assert rows(select(Invitation.interaction_id)) == about
    assert {table: len(after[table]) for table in CONTACTS} == dict.fromkeys(CONTACTS, 1)
    gone = ("messages", "deliveries", "throttle_tokens", "register_results", "consents")
    assert {table: after[table] for table in gone} == {table: set() for table in gone}
    lost = {one for table in PERSONAL for one in before[table] - after[table]}
    assert house.keyring.keys(lost) == {}
    sounds = rows(select(Recording.id))
    assert len(sounds) == 1
    assert set(house.keyring.keys([customer.id, *sounds])) == {customer.id, *sounds}
    assert check(house.ledger, organisation.id, now=NOON) == []


def test_one_answer_alone_is_deleted(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    request_id = ask(house, organisation)
    first, *others = part_ids(request_id, PartKind.CONTACT)
    matter_of_first = rows(select(Case.id).where(Case.interaction_id == first))
    kept = [*others, *part_ids(request_id, PartKind.CALL)]
    if not matter_of_first:
        first, others = others[0], [first]
        kept = [*others, *part_ids(request_id, PartKind.CALL)]

    decide(house, request_id, kept, ground=Ground.LEGAL_DUTY)

    after = ids_of(organisation)
    assert (after["interactions"], after["cases"]) == (set(others), set())
    assert after["customers"] == {customer.id}
    assert len(after["messages"]) == 1


def test_a_call_that_is_kept_is_known_by_itself_and_the_customer_goes(house: House) -> None:
    organisation = make_organisation()
    whole_life(house, organisation)
    request_id = ask(house, organisation)
    calls = part_ids(request_id, PartKind.CALL)

    decide(house, request_id, calls)

    after = ids_of(organisation)
    assert (after["customers"], after["interactions"]) == (set(), set())
    assert (after["calls"], len(after["messages"])) == (set(calls), 1)


def test_a_call_in_which_an_answer_was_spoken_is_kept_with_the_answer(house: House) -> None:
    organisation = make_organisation()
    whole_life(house, organisation)
    request_id = ask(house, organisation)
    contact, *_ = part_ids(request_id, PartKind.CONTACT)
    called = part_ids(request_id, PartKind.CALL)[0]
    with transaction() as session:
        sound = session.scalars(
            select(Recording)
            .join(Comment, Comment.id == Recording.comment_id)
            .join(Response, Response.id == Comment.response_id)
            .join(Invitation, Invitation.id == Response.invitation_id)
            .where(Invitation.interaction_id == contact)
        ).one()
        sound.call_id, sound.visit = called, sound.visit + 7

    decide(house, request_id, [contact])

    after = ids_of(organisation)
    assert (called in after["calls"], sound.id in after["recordings"]) == (True, True)


def test_what_is_held_is_left_out_and_nothing_else_may_be(house: House) -> None:
    organisation = may_be_held()
    whole_life(house, organisation)
    request_id = ask(house, organisation)
    held, other = part_ids(request_id, PartKind.CONTACT)
    invitation = rows(select(Invitation.id).where(Invitation.interaction_id == held)).pop()
    with reading() as session:
        naming = holds.of_item(session, organisation, invitation)
    hold(house, organisation, naming)

    with pytest.raises(NeededError):
        decide(house, request_id, [other])
    assert stored(request_id).left_out is None
    assert decide(house, request_id, [held]) is RequestState.DONE

    assert ids_of(organisation)["interactions"] == {held}


@pytest.mark.parametrize(
    ("outcome", "ground", "fault"),
    [
        (Outcome.GRANTED, None, "granted in part"),
        (Outcome.REFUSED, Ground.LEGAL_CLAIM, "granted in part"),
        (Outcome.PARTLY, Ground.EXCESSIVE, "what keeps the rest"),
    ],
)
def test_nothing_is_left_out_of_what_is_no_part(
    house: House, outcome: Outcome, ground: Ground | None, fault: str
) -> None:
    organisation = make_organisation()
    whole_life(house, organisation)
    request_id = ask(house, organisation)
    contact, *_ = part_ids(request_id, PartKind.CONTACT)

    with pytest.raises(WrongStepError, match=fault):
        decide(house, request_id, [contact], outcome, ground)


def test_neither_everything_nor_anything_of_others_is_left_out(house: House) -> None:
    organisation = make_organisation()
    whole_life(house, organisation)
    request_id = ask(house, organisation)
    everything = [one for kind in PartKind for one in part_ids(request_id, kind)]

    with pytest.raises(WrongStepError, match="nothing is granted"):
        decide(house, request_id, everything)
    with pytest.raises(WrongStepError, match="nothing of this person's"):
        decide(house, request_id, [uuid4()])


def test_a_freeze_ends_and_nobody_asks_when_an_objection_is_granted_in_part(house: House) -> None:
    organisation = make_organisation()
    customer = whole_life(house, organisation)
    request_id = ask(house, organisation, K.OBJECTION_TO_USE)
    contact, *_ = part_ids(request_id, PartKind.CONTACT)

    assert decide(house, request_id, [contact]) is RequestState.DONE

    assert ids_of(organisation)["customers"] == {customer.id}
    assert ids_of(organisation)["objections"] != set()


def test_the_letter_says_what_was_done_what_is_kept_why_and_where_to_complain(
    house: House, post: Post
) -> None:
    organisation = owner()
    customer = whole_life(house, organisation)
    request_id = ask(house, organisation)
    contact, *_ = part_ids(request_id, PartKind.CONTACT)
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.email_sealed = house.keyring.seal_one(row.id, "customer.email", "me@example.org")
    decide(house, request_id, [contact])
    lines = request_lines.page(stored(request_id), organisation, now=NOON)

    assert answer_mail.send(request_id, house=mailing_house(house, post.url), now=NOON)

    (mail,) = post.taken
    said, text = ANSWER["en"], " ".join(str(mail.get_content()).split())
    assert said.erased_partly in text
    assert said.done[K.ERASURE] not in text
    assert "your contact with us on 2026-" in text
    assert said.grounds[Ground.LEGAL_CLAIM] in text
    assert "Datatilsynet" in text
    assert any("left out: contact with its answers of 2026-" in line for line in lines)
    told = stored(request_id)
    assert (told.state, told.outcome) == (RequestState.TOLD, Outcome.PARTLY)
    assert told.left_out == [{"kind": "contact"}]


def test_an_erasure_in_part_that_died_is_ended_in_part(house: House) -> None:
    organisation = make_organisation()
    whole_life(house, organisation)
    request_id = ask(house, organisation)
    contact, *_ = part_ids(request_id, PartKind.CONTACT)
    decide(house, request_id, [contact])
    with transaction() as session:
        session.get_one(RightsRequest, request_id).state = RequestState.DECIDED
    before = ids_of(organisation)

    assert carrying_out.carry_out(request_id, house=house, now=NOON) is RequestState.DONE

    after = ids_of(organisation)
    assert {one: after[one] for one in PERSONAL} == {one: before[one] for one in PERSONAL}
    assert after["interactions"] == {contact}


def package(house: House, request_id: UUID) -> access_package.Package:
    with reading() as session:
        return access_package.prepare(
            session, session.get_one(RightsRequest, request_id), keyring=house.keyring,
            mask=lambda text, _: text, now=NOON,
        )  # fmt: skip


def test_a_package_leaves_out_what_was_said_in_the_parts_that_tell_of_others(
    house: House, post: Post
) -> None:
    organisation = owner()
    customer = whole_life(house, organisation)
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.email_sealed = house.keyring.seal_one(row.id, "customer.email", "me@example.org")
    request_id = ask(house, organisation, K.ACCESS)
    whole = package(house, request_id)
    (matter,) = part_ids(request_id, PartKind.MATTER)

    decide(house, request_id, [matter], ground=Ground.RIGHTS_OF_OTHERS)
    package_mail.offer(request_id, house=mailing_house(house, post.url), now=NOON)

    told = package(house, request_id)
    assert len(told.sounds) == len(whole.sounds) - 1
    (one,) = told.document["matters"]
    assert (one["note"], one["words_left_out"]) == (None, True)
    hidden = [one for one in told.document["cases"] if one["words_left_out"]]
    assert len(hidden) == 1
    assert hidden[0]["response"]["comments"] == hidden[0]["recordings"] == []
    assert hidden[0]["response"]["answers"]
    assert ACCESS["en"].labels["words_left_out"] in told.page
    (asked,) = told.document["requests"]
    assert {one["part"] for one in asked["left_out"]} == {"contact", "matter"}
    (mail,) = post.taken
    text = " ".join(str(mail.get_content()).split())
    assert "the matter opened on 2026-" in text
    assert ANSWER["en"].grounds[Ground.RIGHTS_OF_OTHERS] in text
    assert "Datatilsynet" in text
    assert rows(select(Interaction.id)) == set(part_ids(request_id, PartKind.CONTACT))


def test_a_package_in_part_says_what_it_leaves_out(house: House) -> None:
    organisation = make_organisation()
    whole_life(house, organisation)
    request_id = ask(house, organisation, K.ACCESS)

    with pytest.raises(WrongStepError, match="choose what is left out of it"):
        decide(house, request_id, [], ground=Ground.RIGHTS_OF_OTHERS)


def test_a_restriction_of_one_message_freezes_its_call_and_nothing_else(
    house: House, post: Post
) -> None:
    organisation = owner()
    customer = whole_life(house, organisation)
    with transaction() as session:
        row = session.get_one(Customer, customer.id)
        row.email_sealed = house.keyring.seal_one(row.id, "customer.email", "me@example.org")
    request_id = ask(house, organisation, K.RESTRICTION)
    matters = part_ids(request_id, PartKind.MATTER)
    contacts = part_ids(request_id, PartKind.CONTACT)
    one, *others = part_ids(request_id, PartKind.CALL)
    with pytest.raises(WrongStepError, match="only a call"):
        decide(house, request_id, [*others, *matters], ground=Ground.RIGHT_DOES_NOT_APPLY)

    decide(house, request_id, [*others, *contacts, *matters], ground=Ground.RIGHT_DOES_NOT_APPLY)
    answer_mail.send(request_id, house=mailing_house(house, post.url), now=NOON)

    with reading() as session:
        frozen = session.scalars(select(Restriction)).all()
    assert [(each.call_id, each.customer_id, each.subject_hash) for each in frozen] == [
        (one, None, None)
    ]
    (mail,) = post.taken
    text = " ".join(str(mail.get_content()).split())
    assert "Used as before: your contact with us on 2026-" in text
    assert ANSWER["en"].grounds[Ground.RIGHT_DOES_NOT_APPLY] in text


@pytest.mark.parametrize("named", ["--phone", "--call"])
def test_a_single_call_that_was_frozen_is_lifted_by_the_persons_number_or_by_its_id(
    house: House, named: str
) -> None:
    organisation = owner()
    whole_life(house, organisation)
    request_id = ask(house, organisation, K.RESTRICTION)
    matters = part_ids(request_id, PartKind.MATTER)
    contacts = part_ids(request_id, PartKind.CONTACT)
    one, *others = part_ids(request_id, PartKind.CALL)
    decide(house, request_id, [*others, *contacts, *matters], ground=Ground.RIGHT_DOES_NOT_APPLY)

    lifted = CliRunner().invoke(
        restrictions_group,
        [
            "lift",
            "--organisation",
            organisation.key,
            named,
            str(one) if named == "--call" else CALLER,
        ],
        catch_exceptions=False,
    )

    assert lifted.stdout == "1 restrictions lifted\n"
    with reading() as session:
        assert session.scalars(select(Restriction.lifted_at)).one() is not None
