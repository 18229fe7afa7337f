"""Whatever can be held is kept whole, class by class and kind by kind, and what cannot is refused.

What a purge takes is listed in privacy.kinds and privacy.log_kinds; a new kind is missed here until
it says by what it is kept.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from config.retention_rules import KEPT_BY_NOTHING, DataClass, Extension, may_extend
from privacy import holds, kinds, log_kinds
from privacy.conflicts import against_erasure
from privacy.holds import Held, NoHoldError
from privacy.kinds import Kind
from privacy.persons import Person as AskingPerson
from privacy.schedules import schedule_of
from storage.disclosure_words import DisclosureGround
from storage.house import House, reading, transaction
from storage.matters import CaseKind
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.states import CommentKind, CommentState
from storage.tables import (
    Call,
    Case,
    Comment,
    Consent,
    Customer,
    Disclosure,
    IdentityCode,
    Interaction,
    Invitation,
    Objection,
    Organisation,
    ReceiptCode,
    Recording,
    RegisterResult,
    Restriction,
    RightsRequest,
    Row,
    ThrottleToken,
)
from tests.privacy.planted import live
from tests.privacy.test_calendar_pairs import EVERY, loose
from tests.privacy.test_holds import freeze, hold, release
from tests.privacy.traces import Person, leave_traces, make_message, make_recording, run
from tests.rows import (
    NOON,
    RETENTION,
    add,
    make_call,
    make_campaign,
    make_customer,
    make_invitation,
    make_mailbox,
    make_organisation,
    make_response,
    named_case,
)

LATE = NOON + timedelta(days=4_000)
OF_ROWS: Final = {kind.data_class for kind in EVERY}
ALSO: Final = {DataClass.CONTACT_LOG: (kinds.LOOSE_INTERACTIONS, kinds.LOOSE_CUSTOMERS)}
"""What goes as another class and is kept by a hold on this one all the same."""
OF_NOBODY: Final = {
    log_kinds.HOLDS: "the organisation's own",
    log_kinds.EXPORTS: "nobody knows who is in one",
    log_kinds.ALARMS: "they name no person",
    log_kinds.OPEN_ALARMS: "they name no person",
    log_kinds.LISTENINGS: "of who listened, and opaque ids",
    log_kinds.SITTINGS: "of staff",
    log_kinds.LINE_PROBES: "of staff",
    log_kinds.ACCOUNTS: "of staff",
    log_kinds.EMPTIED_ACCOUNTS: "of staff",
    log_kinds.RETIRED_MAILBOXES: "of staff",
    log_kinds.PROVIDER_COPIES: "what is gone there, by a name that leads to nobody",
    log_kinds.LASTING_COPIES: "by a name that leads to nobody",
}
ALONE: Final = {kinds.LOOSE_CUSTOMERS: "somebody without contacts; test_held_contacts has them"}
OF_A_CASE: Final = {
    *(kinds.COMMENTS, kinds.LOOSE_RECORDINGS, kinds.MESSAGES, kinds.CALLERS, kinds.CALLS),
    *(kinds.CONTACTS, kinds.CONTACT_DATA, kinds.ANSWERED),
    *(log_kinds.RECEIPT_CODES, log_kinds.COMPLAINTS, log_kinds.FOLLOW_UPS),
}
"""What is there of the one matter of a case, and what its person said on the telephone."""
Snapshot = dict[Kind, dict[UUID, Any]]


def extended(*, contact_log: str = "1 month") -> list[dict[str, Any]]:
    """A schedule in which all is short, and kept longer by whatever may keep it."""
    return [
        {
            "class": rule["class"],
            "keep": contact_log if rule["class"] == "contact_log" else "2 months",
            "from": rule["from"],
            "extended_by": [by for by in Extension if may_extend(DataClass(rule["class"]), by)],
        }
        for rule in RETENTION
    ]


def rows_of(organisation: Organisation) -> Snapshot:
    """What each kind has of an organisation, whole."""
    found: Snapshot = {}
    with reading() as session:
        for kind in EVERY:
            table = Row.metadata.tables[kind.table.__tablename__]
            of = kind.organisation if kind.organisation is not None else table.c.organisation_id
            mine = kind.rows().where(of == organisation.id).with_only_columns(table.c.id)
            ids = list(session.scalars(mine))
            whole = session.execute(select(table).where(table.c.id.in_(ids))).all()
            found[kind] = {row.id: tuple(row) for row in whole}
    return found


def unchanged(before: Snapshot) -> set[Kind]:
    """Of which kinds every row is there as it was."""
    with reading() as session:
        return {
            kind
            for kind, rows in before.items()
            if rows and all(_row(session, kind, one) == row for one, row in rows.items())
        }


def begun(before: Snapshot) -> set[Kind]:
    """Of which kinds any row is gone or emptied."""
    with reading() as session:
        return {
            kind
            for kind, rows in before.items()
            if any(_row(session, kind, one) != row for one, row in rows.items())
        }


def _row(session: Any, kind: Kind, one: UUID) -> Any:
    table = Row.metadata.tables[kind.table.__tablename__]
    row = session.execute(select(table).where(table.c.id == one)).one_or_none()
    return row and tuple(row)


def files_of(organisation: Organisation, data_class: DataClass) -> set[UUID]:
    of_messages = Recording.message_id.is_not(None)
    wanted = of_messages if data_class is DataClass.TELEPHONE_MESSAGES else ~of_messages
    with reading() as session:
        mine = Recording.organisation_id == organisation.id
        return set(session.scalars(select(Recording.id).where(mine, wanted)))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hold_on_any_class_keeps_all_of_it_until_it_is_released(house: House) -> None:
    held = {one: make_organisation(retention=extended()) for one in OF_ROWS - {DataClass.ANSWERS}}
    # What the contact log says of them, of names and numbers, counts by itself where it is shorter.
    held[DataClass.ANSWERS] = make_organisation(retention=extended(contact_log="10 years"))
    free = make_organisation(retention=extended())
    before: dict[Organisation, Snapshot] = {}
    for organisation in (*held.values(), free):
        live(house, organisation)
        add(*loose(organisation))
        before[organisation] = rows_of(organisation)
    assert all(before[free].values())
    kept = {one: hold(house, mine, holds.of_class(one)) for one, mine in held.items()}
    keys = {one: keys_of(house, before[mine], one) for one, mine in held.items()}

    run(house, LATE)

    assert begun(before[free]) == set(EVERY)
    for one, organisation in held.items():
        assert begun(before[organisation]).isdisjoint(_kept_with(one)), one
        assert keys_of(house, before[organisation], one) == keys[one]
    files = set(house.blobs.items())
    for one in (DataClass.FREE_COMMENTS, DataClass.TELEPHONE_MESSAGES):
        assert files_of(held[one], one) <= files
    for one, organisation in held.items():
        release(organisation, kept[one], at=LATE)
    run(house, LATE)
    assert [begun(before[mine]) == set(EVERY) for mine in held.values()] == [True] * len(held)


def keys_of(house: House, before: Snapshot, data_class: DataClass) -> set[UUID]:
    items = [one for kind in _kept_with(data_class) for one in before[kind]]
    return set(house.keyring.keys(items))


def _kept_with(data_class: DataClass) -> set[Kind]:
    mine = {kind for kind in EVERY if kind.data_class is data_class}
    return mine | set(ALSO.get(data_class, ()))


def test_every_class_is_rows_that_a_hold_keeps_or_the_ledger_or_cannot_be_held(
    house: House,
) -> None:
    organisation = make_organisation(
        retention=[rule | {"extended_by": ["legal_hold"]} for rule in RETENTION]
    )
    refused = set()
    for one in DataClass:
        try:
            hold(house, organisation, holds.of_class(one))
        except NoHoldError:
            refused.add(one)

    assert refused == set(KEPT_BY_NOTHING)
    # The ledger's lines: tests.privacy.test_holds.
    assert refused | OF_ROWS | {DataClass.RECEIPTS} == set(DataClass)


def life(house: House, organisation: Organisation, phone: str) -> tuple[Person, Snapshot, Snapshot]:
    """Somebody of whom there is something of every kind: of one matter with their calls, and else.

    The cases about the matter are closed.
    """
    already = _ids_of(rows_of(organisation))
    customer = make_customer(organisation, phone=phone)
    person = leave_traces(house, organisation=organisation, customer=customer)
    make_recording(house, person.call, at=NOON, visit=9)  # that no comment was made of
    mine = {"organisation_id": organisation.id}
    with reading() as session:
        about = select(Interaction.id).where(Interaction.customer_id == customer.id)
        interaction = session.scalars(about).one()
    add(
        Comment(
            **mine, response_id=person.response.id, question_key="typed", kind=CommentKind.TYPED,
            state=CommentState.WRITTEN, made_at=NOON,
        ),
        ReceiptCode(
            **mine, response_id=person.response.id, code_hash=uuid4().bytes * 2, made_at=NOON,
            expires_at=NOON + timedelta(days=30),
        ),
        *(
            Case(
                **mine, customer_id=customer.id, interaction_id=interaction, kind=kind,
                opened_at=NOON, collected_at=NOON, closed_at=NOON,
            )
            for kind in CaseKind
        ),
    )  # fmt: skip
    message = make_message(house, mailbox=make_mailbox(organisation))
    with transaction() as session:
        session.get_one(Call, message.call_id).caller_hash = customer.phone_hash
    make_call(organisation.id, caller=phone)
    sounding = make_call(organisation.id, caller=phone)
    make_recording(house, sounding, at=NOON)
    matter = _without(rows_of(organisation), already)
    campaign = make_campaign(organisation)
    make_response(campaign, make_invitation(campaign, customer), score=None)
    make_invitation(campaign, customer)
    add(
        Interaction(
            **named_case(organisation.id), customer_id=customer.id, happened_at=NOON,
            created_at=NOON,
        ),
        *_known_by_hash(organisation, customer),
    )  # fmt: skip
    both = already | _ids_of(matter)
    return person, matter, _without(rows_of(organisation), both)


def _known_by_hash(organisation: Organisation, customer: Customer) -> Iterable[Row]:
    mine: dict[str, Any] = {
        "organisation_id": organisation.id,
        "subject_hash": customer.phone_hash,
    }
    by_mail = mine | {"subject_hash": customer.email_hash}
    for known in (mine, by_mail):
        yield ThrottleToken(**known, invitation_id=uuid4(), asked_at=NOON)
        yield Objection(**known, method="all", source="call", made_at=NOON, withdrawn_at=NOON)
        yield Consent(**known, method="call", source="form", given_at=NOON, withdrawn_at=NOON)
    yield Consent(**by_mail, method="sms", source="form", given_at=NOON, expires_at=NOON)
    yield RegisterResult(
        **mine, register_key="nix", listed=True, checked_at=NOON, expires_at=NOON
    )  # fmt: skip
    yield Restriction(**mine, cause="accuracy_disputed", made_at=NOON, lifted_at=NOON)
    yield Disclosure(
        **by_mail, ground=DisclosureGround.AUTHORITY, classes=["answers"], disclosed_at=NOON,
        noted_at=NOON,
    )  # fmt: skip
    yield RightsRequest(
        organisation_id=organisation.id, customer_id=customer.id, kind=RequestKind.ACCESS,
        channel=RequestChannel.WEB, state=RequestState.TOLD, reference=uuid4().hex[:8],
        received_at=NOON, due_at=NOON, closed_at=NOON,
    )  # fmt: skip


def _ids_of(found: Snapshot) -> set[UUID]:
    return {one for rows in found.values() for one in rows}


def _without(found: Snapshot, ids: set[UUID]) -> Snapshot:
    return {
        kind: {one: row for one, row in rows.items() if one not in ids}
        for kind, rows in found.items()
    }


@pytest.mark.parametrize("keeper", ["hold", "restriction"])
def test_what_keeps_a_person_keeps_every_kind_of_theirs_and_nothing_of_others(
    house: House, keeper: str
) -> None:
    organisation = make_organisation(retention=extended())
    person, matter, rest = life(house, organisation, "+46701740681")
    _, *others = life(house, organisation, "+46701740682")
    theirs = {kind: matter[kind] | rest[kind] for kind in EVERY}
    if keeper == "hold":
        with reading() as session:
            held = holds.of_customer(session, organisation, person.customer.id)
        hold(house, organisation, held)
    else:
        freeze(person)
    without = {kind for kind, rows in theirs.items() if not rows}
    assert without == set(OF_NOBODY) | set(ALONE)

    run(house, LATE)

    assert begun(theirs) == set()
    for found in others:
        assert unchanged(found) == set()


@pytest.mark.parametrize("keeper", ["hold", "open case"])
def test_what_keeps_a_case_keeps_its_matter_and_what_was_said_on_the_telephone(
    house: House, keeper: str
) -> None:
    organisation = make_organisation(retention=extended())
    person, matter, rest = life(house, organisation, "+46701740681")
    _, *others = life(house, organisation, "+46701740682")
    with transaction() as session:
        mine = select(Case).where(Case.customer_id == person.customer.id)
        for case in session.scalars(mine):
            case.closed_at = None if keeper == "open case" else NOON
    if keeper == "hold":
        with reading() as session:
            held = [holds.of_case(session, organisation, one) for one in _cases(matter)]
        for one in held:
            hold(house, organisation, one)
    matter[log_kinds.COMPLAINTS] = matter[log_kinds.FOLLOW_UPS] = {}

    run(house, LATE)

    assert begun(matter) == set()
    assert unchanged(matter) | {log_kinds.COMPLAINTS, log_kinds.FOLLOW_UPS} == OF_A_CASE
    with reading() as session:
        assert len(session.scalars(mine).all()) == len(CaseKind)
    for found in (rest, *others):
        assert unchanged(found) == set()


def _cases(found: Snapshot) -> list[UUID]:
    return [*found[log_kinds.COMPLAINTS], *found[log_kinds.FOLLOW_UPS]]


def test_a_case_cannot_be_held_where_its_own_class_cannot(house: House) -> None:
    rules = [
        rule | ({"extended_by": ["legal_hold"]} if rule["class"] != "case_notes" else {})
        for rule in RETENTION
    ]
    organisation = make_organisation(retention=rules)
    _, matter, _ = life(house, organisation, "+46701740681")
    (follow_up,) = matter[log_kinds.FOLLOW_UPS]
    (complaint,) = matter[log_kinds.COMPLAINTS]

    with reading() as session:
        wanted = [holds.of_case(session, organisation, one) for one in (complaint, follow_up)]

    hold(house, organisation, wanted[0])
    with pytest.raises(NoHoldError, match=r"case_notes of .* cannot be held"):
        hold(house, organisation, wanted[1])


def test_a_call_that_is_held_stays_with_its_sound_and_one_in_which_we_asked_with_its_answers(
    house: House,
) -> None:
    organisation = make_organisation(retention=extended())
    person, matter, _ = life(house, organisation, "+46701740681")
    (sounding,) = matter[kinds.CALLERS]
    held = [item(organisation, one) for one in (person.call.id, sounding)]
    for one in held:
        hold(house, organisation, one)

    run(house, LATE)

    kept = {kinds.ANSWERED, kinds.COMMENTS, kinds.LOOSE_RECORDINGS, kinds.CALLERS}
    assert kept <= unchanged(matter)
    with reading() as session:
        calls = set(session.scalars(select(Call.id)))
        assert len(session.scalars(select(Invitation.id)).all()) == 1
    assert calls == {person.call.id, sounding}


def test_a_call_that_told_a_code_cannot_be_held(house: House) -> None:
    organisation = make_organisation(retention=extended())
    mine = {"organisation_id": organisation.id}
    request = RightsRequest(
        id=uuid4(), **mine, kind=RequestKind.ACCESS, channel=RequestChannel.WEB,
        state=RequestState.RECEIVED, reference="12345678", received_at=NOON, due_at=NOON,
    )  # fmt: skip
    add(request)
    code = IdentityCode(
        id=uuid4(), **mine, request_id=request.id, method="call", made_at=NOON, expires_at=NOON
    )  # fmt: skip
    add(code)
    call = make_call(organisation.id, code_id=code.id)

    with pytest.raises(NoHoldError, match="has no comment, response or message"):
        item(organisation, call.id)


def item(organisation: Organisation, one: UUID) -> Held:
    with reading() as session:
        return holds.of_item(session, organisation, one)


def test_an_erasure_waits_for_a_held_request_log_of_which_it_would_take_something(
    house: House,
) -> None:
    organisation = make_organisation(retention=extended())
    caller = b"c" * 32
    lifted = Restriction(
        organisation_id=organisation.id, subject_hash=caller, cause="accuracy_disputed",
        made_at=NOON, lifted_at=NOON,
    )  # fmt: skip
    add(lifted)
    kept = hold(house, organisation, holds.of_class(DataClass.REQUEST_LOG))

    with reading() as session:
        against = [
            against_erasure(
                session, schedule_of(organisation), AskingPerson(organisation.id, None, (one,)),
                now=NOON,
            )
            for one in (caller, b"d" * 32)
        ]  # fmt: skip

    assert against == [[f"hold {kept} stands; release it with 'flask holds release' first"], []]
