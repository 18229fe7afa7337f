"""Telephone messages: the list of a client company's mailboxes, and the page of one message."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import (
    dates,
    kept_days,
    mark_steps,
    opening,
    paging,
    players,
    sensitive,
    transcripts,
    wording,
)
from console.blueprint import bp
from console.gate import RECEIVERS, only, visitor
from console.opening import Opened
from console.players import Player
from console.sensitive import Mark
from console.transcripts import ShownWord
from console.visitor import Visitor
from console.wording import Said
from storage.house import house, reading, transaction, utc_now
from storage.keyring import Keyring
from storage.states import MessageState, RecordingState, TranscriptState
from storage.tables import Mailbox, Message, Organisation, Recording, Transcript

_GONE = frozenset({MessageState.ERASED, MessageState.EMPTY})


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message; `caller` is the number that was shown to us, which a message is for."""

    id: UUID
    mailbox: str
    organisation: str
    received_at: datetime
    read_at: datetime | None
    zone: tzinfo
    language: str
    state: Said
    is_new: bool
    caller: str | None
    player: Player | None
    words: tuple[ShownWord, ...]
    note: Said | None
    mark: Mark
    # What of it whoever looks at it has read.
    read: Opened | None


@bp.get("/messages")
@only(RECEIVERS)
def messages() -> ResponseReturnValue:
    """A page of messages, newest first."""
    who, key = visitor(), request.args.get("before")
    with reading() as session:
        found = session.scalars(
            select(Message)
            .where(who.sees(Message), *paging.before(key, Message.received_at, Message.id))
            .order_by(Message.received_at.desc(), Message.id.desc())
            .limit(paging.PAGE + 1)
        ).all()
        page = paging.page(found, lambda row: (row.received_at, row.id), key)
        shown = _shown(session, who, house().keyring, list(page.rows))
    opening.note_reading(who, [one.read for one in shown], at=utc_now())
    return render_template("console/messages.html", page=page, messages=shown)


@bp.get("/messages/<uuid:message_id>")
@only(RECEIVERS)
def message(message_id: UUID) -> ResponseReturnValue:
    """One message; the address that notices lead to."""
    who = visitor()
    with reading() as session:
        row = who.find(session, Message, message_id)
        shown = _shown(session, who, house().keyring, [row])[0]
        steps = mark_steps.of(session, who, [row.id])
        goes = kept_days.of_message(
            session,
            session.get_one(Organisation, row.organisation_id),
            row,
            now=utc_now(),
            locale=dates.reader_locale(),
        )
    opening.note_reading(who, [shown.read], at=utc_now())
    return render_template("console/message.html", message=shown, goes=goes, mark_steps=steps)


@bp.post("/messages/<uuid:message_id>/read")
@only(RECEIVERS)
def mark_read(message_id: UUID) -> ResponseReturnValue:
    """The message counts as read; twice is once."""
    with transaction() as session:
        row = visitor().find(session, Message, message_id)
        if row.state is MessageState.NEW:
            row.state, row.read_at = MessageState.READ, utc_now()
    return redirect(url_for("console.message", message_id=message_id), 303)


def _shown(
    session: Session, who: Visitor, keyring: Keyring, rows: list[Message]
) -> list[ShownMessage]:
    ids = [row.id for row in rows]
    places = {
        mailbox.id: (mailbox, organisation)
        for mailbox, organisation in session.execute(
            select(Mailbox, Organisation)
            .join(Organisation, Mailbox.organisation_id == Organisation.id)
            .where(Mailbox.id.in_({row.mailbox_id for row in rows}))
        )
    }
    recordings = players.current(
        session.scalars(select(Recording).where(Recording.message_id.in_(ids), who.sees(Recording)))
    )
    texts = _transcripts(session, [r.id for r in recordings.values()])
    words = transcripts.opened(keyring, list(texts.values()))
    spoken = dict(zip(texts, words, strict=True))
    heard = players.heard(session, who, [r.id for r in recordings.values()])
    callers = keyring.open_many([(r.id, "message.caller", r.caller_sealed) for r in rows])
    made = []
    for row, caller in zip(rows, callers, strict=True):
        mailbox, organisation = places[row.mailbox_id]
        recording = recordings.get(row.id)
        transcript = texts.get(recording.id) if recording else None
        mark = sensitive.mark_of(row, organisation, who)
        there = row.state not in _GONE and mark.opened
        text = spoken.get(recording.id, ()) if recording and there else ()
        made.append(
            ShownMessage(
                id=row.id,
                mailbox=mailbox.name,
                organisation=organisation.name,
                received_at=row.received_at,
                read_at=row.read_at,
                zone=ZoneInfo(organisation.timezone),
                language=mailbox.language,
                state=wording.MESSAGE[row.state],
                is_new=row.state is MessageState.NEW,
                caller=caller if row.state is not MessageState.ERASED else None,
                player=players.player(recording, heard) if there else None,
                words=text,
                note=_note(recording, transcript, words=bool(text)) if there else mark.said,
                mark=mark,
                read=Opened(recording.id, row.organisation_id) if recording and text else None,
            )
        )
    return made


def _note(
    recording: Recording | None, transcript: Transcript | None, *, words: bool
) -> Said | None:
    """What stands where the text would be, while or because there is none."""
    if recording is None or recording.state is not RecordingState.STORED:
        state = recording.state if recording else RecordingState.ANNOUNCED
        return Said(wording.recording(state))
    if transcript is None:
        return wording.transcript(TranscriptState.WAITING, language=recording.language, words=words)
    return wording.transcript(transcript.state, language=transcript.language, words=words)


def _transcripts(session: Session, recordings: list[UUID]) -> dict[UUID, Transcript]:
    rows = session.scalars(select(Transcript).where(Transcript.recording_id.in_(recordings)))
    return {row.recording_id: row for row in rows}
