"""A house in which every personal field that the data map names holds a mark of its own.

Whoever adds a personal column to a table that is planted here need do nothing: every row gets a
mark in each of its personal columns of text, and a number or day of its own in each that holds one.
A new table needs rows here, which go by their age. A state, a time or a yes that anybody could have
cannot be looked for: of these the rows are counted.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, LargeBinary, Table, select, update

from privacy.data_map import can_hold_text
from privacy.empty_house import KINDS, search
from privacy.needles import Needle
from storage import receipt_notes, sealing
from storage.asked_states import ShownNumber
from storage.disclosure_words import DisclosureGround
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction
from storage.matters import CaseKind, CaseState, HoldScope
from storage.receipts import Detail, Receipt, What, Wish
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.states import (
    CallState,
    CommentKind,
    CommentState,
    ProviderCopyState,
    TextState,
    TextWord,
)
from storage.tables import (
    Alarm,
    Case,
    Comment,
    Consent,
    Disclosure,
    Export,
    Hold,
    IdentityCode,
    LineProbe,
    Listening,
    Mailbox,
    Objection,
    Organisation,
    ProviderCopy,
    PurgeRun,
    ReceiptCode,
    ReceivedText,
    Recording,
    RegisterResult,
    Restriction,
    RightsRequest,
    Row,
    SentText,
    Sitting,
    ThrottleToken,
    User,
)
from tests.privacy.planted_numbers import (
    APART,
    FIRST,
    column_of,
    number_left,
    numbers,
    on_the_map,
    put_number,
    say_yes,
)
from tests.privacy.traces import Person, leave_traces, make_message, make_recording
from tests.rows import NOON, add, make_call, make_mailbox, sid

OF_COMMENTS, OF_MESSAGES = "recordings of comments", "recordings of messages"
ROWS: Final = ("line_probes", "listenings", "purge_runs", "sittings", "users")
"""Tables of which a shredder takes rows that hold nothing but ids and numbers: the row is looked
for."""
_NOTED: Final = {"pending_receipts.document", "pending_receipts.detail"}
"""Documents of ours, planted by noting a receipt instead of being written over."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What to look for, and the rows that are looked for themselves."""

    needles: tuple[Needle, ...]
    rows: Mapping[str, frozenset[UUID]]
    # The lowest number, or day, in each column of these; those of other rows are a little higher.
    numbers: Mapping[str, int]

    @property
    def names(self) -> set[str]:
        """Everything that was planted."""
        rows = {f"{table} (row)" for table in self.rows}
        return {one.name for one in self.needles} | rows | set(self.numbers)

    def left(self, house: House, *, only: Collection[str] | None = None) -> set[str]:
        """Of what something is found, wherever it lies; of all, or of what is named."""
        needles = [one for one in self.needles if only is None or one.name in only]
        found = {one.name for one in search(house, needles, journal=False).found}
        for name, ids in self.rows.items():
            table = Row.metadata.tables[name]
            if only is not None and f"{name} (row)" not in only:
                continue
            with reading() as session:
                if set(session.scalars(select(table.c.id))) & ids:
                    found.add(f"{name} (row)")
        for name, lowest in self.numbers.items():
            if (only is None or name in only) and number_left(name.split()[-1], lowest):
                found.add(name)
        return found


def personal() -> list[str]:
    """Every personal column of the data map that holds text, in one order."""
    return [name for name in on_the_map() if can_hold_text(column_of(name))]


def plant(house: House, *organisations: Organisation) -> Planted:
    """Rows of every table that can hold something personal, all of NOON, and a mark in each.

    What is of a later organisation has its number before its name.
    """
    add(PurgeRun(started_at=NOON, finished_at=NOON, counts={}))
    needles: list[Needle] = []
    lowest: dict[str, int] = {}
    for number, organisation in enumerate(organisations):
        live(house, organisation)
        first = f"{number} " if number else ""
        for name in numbers():
            lowest[first + name] = FIRST + APART * len(lowest)
            put_number(organisation, name, lowest[first + name])
        say_yes(organisation)
        marks = {name: f"zqx{number}{at:03d}q" for at, name in enumerate(personal())}
        for table in Row.metadata.sorted_tables:
            for column in table.columns:
                name = f"{table.name}.{column.name}"
                if name in marks and name not in _NOTED:
                    _mark(house, organisation, table, column, marks[name])
        _note_a_receipt(organisation, marks)
        needles += [
            Needle(first + name, (mark.encode(), mark.encode().hex().encode()))
            for name, mark in marks.items()
        ]
    needles += _sounds(house)
    return Planted(tuple(needles), dict(_ids()), lowest)


def _ids() -> Iterator[tuple[str, frozenset[UUID]]]:
    for name in ROWS:
        table = Row.metadata.tables[name]
        wanted = select(table.c.id)
        if name == "users":
            wanted = wanted.where(table.c.erase_at.is_not(None))
        with reading() as session:
            yield name, frozenset(session.scalars(wanted))


def live(house: House, organisation: Organisation, *, at: datetime = NOON) -> None:
    """People answer, call, complain and ask; staff listen, hold and close."""
    person = leave_traces(house, organisation=organisation, at=at)
    typed = Comment(
        organisation_id=organisation.id, response_id=person.response.id, question_key="typed",
        kind=CommentKind.TYPED, state=CommentState.WRITTEN, made_at=at,
    )  # fmt: skip
    by_desk = Comment(
        id=uuid4(), organisation_id=organisation.id, response_id=person.response.id,
        question_key="by-desk", state=CommentState.TRANSCRIBED, made_at=at,
        sensitive_at=at, sensitive_until=at + timedelta(days=9_000),
    )  # fmt: skip
    add(
        typed,
        by_desk,
        SentText(
            organisation_id=organisation.id, attempt_id=person.call.attempt_id,
            line_id=person.call.line_id, token=uuid4().hex, state=TextState.DELIVERED, parts=1,
            asked_at=at,
        ),
        ReceiptCode(
            organisation_id=organisation.id, response_id=person.response.id, made_at=at,
            expires_at=at + timedelta(days=90),
        ),
    )  # fmt: skip
    make_recording(house, person.call, at=at, visit=9)  # that no comment was made of
    mailbox = make_mailbox(organisation, notify=("staff@example.org",), retired_at=at)
    make_message(house, at=at, mailbox=mailbox)
    make_call(organisation.id, at=at, mailbox_id=mailbox.id, caller="+46701740606")
    back = make_call(organisation.id, at=at, caller="+46701740607")
    make_recording(house, back, at=at, comment_id=by_desk.id)
    add(*_of_staff(organisation, person, at=at), *_of_wishes(organisation, at=at))


def _of_staff(organisation: Organisation, person: Person, *, at: datetime) -> Iterator[Row]:
    mine = {"organisation_id": organisation.id}
    user = User(
        id=uuid4(), **mine, password_hash="x", created_at=at,
        disabled_at=at, erase_at=at, locked_until=at,
    )  # fmt: skip
    add(user)
    # Somebody who sees all organisations and is still employed.
    employed = User(id=uuid4(), password_hash="x", created_at=at)
    add(employed)
    yield Sitting(user_id=employed.id, begun_at=at, seen_at=at)
    yield LineProbe(
        **mine, line_id=person.call.line_id, started_by=user.id, allowed=True, rule="allowed",
        facts={}, token=uuid4().hex, state=CallState.COMPLETED, shown=ShownNumber.OURS,
        asked_at=at, answered_at=at, ended_at=at, seconds=9,
    )  # fmt: skip
    yield Listening(
        **mine, user_id=user.id, item_id=person.recording.id, sitting_id=uuid4(),
        listened_at=at,
    )  # fmt: skip
    for kind in CaseKind:
        yield Case(
            id=uuid4(), **mine, customer_id=person.customer.id, interaction_id=uuid4(), kind=kind,
            state=CaseState.CLOSED, opened_at=at, collected_at=at,
            closed_at=at + timedelta(days=9),
        )  # fmt: skip
    yield Hold(
        id=uuid4(), **mine, scope=HoldScope.CUSTOMER, customer_id=uuid4(), owner_id=user.id,
        review_at=at, made_at=at, released_at=at,
    )  # fmt: skip
    yield Export(
        id=uuid4(), **mine, kind=ExportKind.RESPONSES, reason=ExportReason.OTHER,
        place=ExportPlace.ELSEWHERE, folder="", suffix="", made_at=at, expires_at=at,
        closed_at=at, ended=ExportEnd.GONE,
    )  # fmt: skip
    yield Disclosure(
        id=uuid4(), **mine, ground=DisclosureGround.AUTHORITY, classes=["answers"],
        disclosed_at=at, noted_at=at,
    )  # fmt: skip
    yield Alarm(**mine, kind="x", raised_at=at, cleared_at=at)
    yield ProviderCopy(
        **mine, kind="call", provider_sid=sid("CA"), state=ProviderCopyState.GONE, gone_at=at,
        created_at=at,
    )  # fmt: skip


def _of_wishes(organisation: Organisation, *, at: datetime) -> Iterator[Row]:
    mine = {"organisation_id": organisation.id}
    request = RightsRequest(
        id=uuid4(), **mine, kind=RequestKind.ACCESS, channel=RequestChannel.TELEPHONE,
        state=RequestState.TOLD, reference="12345678", received_at=at, due_at=at, closed_at=at,
    )  # fmt: skip
    add(request)
    yield IdentityCode(
        **mine, request_id=request.id, method="email", made_at=at, expires_at=at
    )  # fmt: skip
    yield Objection(
        **mine, method="all", source="call", made_at=at, withdrawn_at=at
    )  # fmt: skip
    yield Consent(**mine, method="call", source="form", given_at=at, withdrawn_at=at)
    yield Restriction(
        **mine, subject_hash=b"x" * 32, cause="accuracy_disputed", made_at=at, lifted_at=at
    )
    yield RegisterResult(
        **mine, register_key="nix", listed=True, checked_at=at, expires_at=at + timedelta(days=90)
    )
    yield ThrottleToken(**mine, invitation_id=uuid4(), asked_at=at)
    yield ReceivedText(**mine, provider_sid=sid("SM"), word=TextWord.STOP, received_at=at)


def _mark(
    house: House, organisation: Organisation, table: Table, column: Column[Any], mark: str
) -> None:
    """The mark in that column of every row, each a little different, as some must be unique."""
    with reading() as session:
        mine = table.c.organisation_id == organisation.id
        rows = session.execute(select(table).where(mine)).all()
    for number, row in enumerate(rows):
        if table.name == "calls" and column.name.startswith("caller_") and row.attempt_id:
            continue  # whom we called shows us no number
        value: Any = f"{mark}{number:x}"
        if column.info.get("sealed"):
            value = house.keyring.seal_one(row.id, KINDS[f"{table.name}.{column.name}"], value)
        elif isinstance(column.type, LargeBinary):
            value = value.encode().ljust(32, b".")
        elif isinstance(column.type, JSON):
            value = [value] if column.name == "peaks" else {"mark": value}
        with transaction() as session:
            session.execute(update(table).where(table.c.id == row.id).values({column: value}))


def _note_a_receipt(organisation: Organisation, marks: Mapping[str, str]) -> None:
    wish = Wish("objections", {"method": marks["pending_receipts.detail"]})
    subject = marks["pending_receipts.document"].encode().ljust(32, b".")
    receipt = Receipt(
        What.ERASED, NOON, organisation_id=organisation.id, subject=subject,
        detail=Detail(wishes=(wish,)),
    )  # fmt: skip
    with transaction() as session:
        receipt_notes.note(session, receipt)


def _sounds(house: House) -> Iterator[Needle]:
    """Each recording's file with a mark in its sound."""
    with reading() as session:
        recordings = session.scalars(select(Recording)).all()
    for one in recordings:
        sound = (b"zqxmessage" if one.message_id else b"zqxcomment") * 3
        key = house.keyring.key(one.id)
        sealed = sealing.seal_file(key, sound, item=one.id, kind="recording.audio")
        house.blobs.put(one.id, sealed)
    yield Needle(OF_COMMENTS, (b"zqxcomment",))
    yield Needle(OF_MESSAGES, (b"zqxmessage",))


def staff_keys() -> set[UUID]:
    """The keys that stay: of organisations, and of mailboxes that are there."""
    with reading() as session:
        return {*session.scalars(select(Organisation.id)), *session.scalars(select(Mailbox.id))}
