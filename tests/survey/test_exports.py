"""Exports: names others rely on, masked transcripts, no formula, constant memory."""

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.identity import new_id
from storage.states import (
    CommentKind,
    CommentState,
    FollowUp,
    InvitationState,
    RecordingState,
    ResponseState,
    TranscriptState,
)
from storage.tables import (
    Answer,
    Call,
    Campaign,
    Comment,
    Invitation,
    Recording,
    Response,
    Transcript,
)
from survey import export_columns, exports
from survey.export_columns import QuestionColumns
from survey.export_formats import write_csv, write_jsonl, write_xlsx
from survey.exports import CommentLine, ResponseLine
from survey.places import find_organisation

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
COLUMNS = QuestionColumns(answers=("satisfaction", "recommend"), comments=("comment",))
EVIL = '=HYPERLINK("http://evil.example";"press me")'


def hide(text: str, *, language: str | None = None) -> str:
    """A mask that tells in which language it was asked to hide."""
    return text.replace("sju", f"<{language}>")


def lines(house: House, organisation: str = "consumer-credit") -> list[ResponseLine]:
    with reading() as session:
        owner = find_organisation(session, organisation)
    return list(
        exports.response_lines(house.database, organisation=owner, keyring=house.keyring, mask=hide)
    )


def respond(
    invitation_id: UUID,
    *,
    state: InvitationState = InvitationState.COMPLETED,
    response: ResponseState = ResponseState.COMPLETED,
    objected: bool = False,
    follow_up: FollowUp = FollowUp.YES,
) -> UUID:
    """An invitation that brought a response with two scores; the response's id."""
    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        invitation.state = state
        campaign = session.get_one(Campaign, invitation.campaign_id)
        made = Response(
            id=new_id(), organisation_id=invitation.organisation_id, campaign_id=campaign.id,
            invitation_id=invitation.id, survey_version_id=campaign.survey_version_id,
            language="sv", state=response, objected=objected, follow_up=follow_up,
            started_at=NOW, completed_at=NOW + timedelta(minutes=2),
        )  # fmt: skip
        session.add(made)
        session.flush()
        for place, (key, number) in enumerate((("satisfaction", 2), ("recommend", 10))):
            session.add(
                Answer(
                    organisation_id=invitation.organisation_id, response_id=made.id,
                    question_key=key, kind="nps", number=number,
                    answered_at=NOW + timedelta(seconds=place),
                )
            )  # fmt: skip
        return made.id


def say(
    house: House, response_id: UUID, words: list[str] | None, *, superseded: bool = False,
    visit: int = 1, comment_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """A spoken comment, with a transcript if there are words; the comment's id."""
    with transaction() as session:
        response = session.get_one(Response, response_id)
        owner = response.organisation_id
        if comment_id is None:
            comment_id = new_id()
            session.add(
                Comment(
                    id=comment_id, organisation_id=owner, response_id=response_id,
                    question_key="comment", state=CommentState.TRANSCRIBED, made_at=NOW,
                )
            )  # fmt: skip
        call = Call(id=new_id(), organisation_id=owner, token=new_id().hex, started_at=NOW)
        session.add(call)
        session.flush()
        recording = Recording(
            id=new_id(), organisation_id=owner, call_id=call.id, comment_id=comment_id,
            visit=visit, language="sv", state=RecordingState.STORED, superseded=superseded,
            seconds=12.5, recorded_at=NOW + timedelta(seconds=visit),
        )  # fmt: skip
        session.add(recording)
        session.flush()
        made = Transcript(
            id=new_id(), organisation_id=owner, recording_id=recording.id, language="sv",
            created_at=NOW,
            state=TranscriptState.WAITING if words is None else TranscriptState.DONE,
        )  # fmt: skip
        if words is not None:
            timed = [[word, at, at + 1, 0.9] for at, word in enumerate(words)]
            made.words_sealed = house.keyring.seal_one(
                made.id, "transcript.words", json.dumps(timed)
            )
        session.add(made)
        return comment_id


def test_a_line_has_the_names_and_values_that_other_programs_read(
    shipped: House, invite: Any
) -> None:
    response = respond(invite("A-1"))
    say(shipped, response, ["mitt", "nummer", "är", "sju"])

    out = io.StringIO()
    assert write_jsonl(lines(shipped), out) == 1

    assert json.loads(out.getvalue()) == {
        "organisation": "consumer-credit",
        "campaign": "after-case",
        "case_reference": "A-1",
        "channel": "voice",
        "language": "sv",
        "status": "completed",
        "started_at": "2026-03-10T10:00:00Z",
        "completed_at": "2026-03-10T10:02:00Z",
        "answers": {"satisfaction": 2, "recommend": 10},
        "follow_up": "yes",
        "comments": [
            {
                "question": "comment",
                "kind": "spoken",
                "state": "transcribed",
                "seconds": 12.5,
                "language": "sv",
                "transcript": "mitt nummer är <sv>",
            }
        ],
        "objected": False,
    }


def test_what_is_still_planned_has_no_line_and_what_ended_without_a_word_has_one(
    shipped: House, invite: Any
) -> None:
    invite("planned", phone="+46701740605")
    unreached = invite("unreached", phone="+46701740606")
    with transaction() as session:
        session.get_one(Invitation, unreached).state = InvitationState.UNREACHED

    (line,) = lines(shipped)

    assert (line.case_reference, line.status) == ("unreached", "unreached")
    assert (line.answers, line.comments, line.language) == ({}, (), None)
    assert (line.follow_up, line.objected, line.started_at) == ("not asked", False, None)


@pytest.mark.parametrize(
    ("state", "response", "status"),
    [
        (InvitationState.COMPLETED, ResponseState.COMPLETED, "completed"),
        (InvitationState.PARTIAL, ResponseState.PARTIAL, "partial"),
        (InvitationState.TRYING, ResponseState.STARTED, "partial"),
        (InvitationState.REFUSED, ResponseState.REFUSED, "refused"),
        (InvitationState.WITHDRAWN, ResponseState.REFUSED, "refused"),
        (InvitationState.UNREACHED, ResponseState.STARTED, "unreached"),
    ],
)
def test_the_status_of_each_end(
    shipped: House, invite: Any, state: InvitationState, response: ResponseState, status: str
) -> None:
    respond(invite(), state=state, response=response)

    assert [line.status for line in lines(shipped)] == [status]


def test_a_second_recording_that_held_nothing_hides_no_words_of_the_first(
    shipped: House, invite: Any
) -> None:
    response = respond(invite(), objected=False, follow_up=FollowUp.NO)
    comment = say(shipped, response, ["första"], visit=1)
    say(shipped, response, None, visit=2, comment_id=comment)
    with transaction() as session:
        empty = session.scalars(select(Recording).where(Recording.visit == 2)).one()
        empty.state = RecordingState.DROPPED

    (line,) = lines(shipped)

    assert [one.transcript for one in line.comments] == ["första"]


def test_of_a_comment_said_twice_the_last_one_counts_and_a_typed_one_is_masked_too(
    shipped: House, invite: Any
) -> None:
    response = respond(invite(), objected=True, follow_up=FollowUp.NO)
    comment = say(shipped, response, ["första"], superseded=True, visit=1)
    say(shipped, response, ["andra"], visit=2, comment_id=comment)
    typed = new_id()
    with transaction() as session:
        session.add(
            Comment(
                id=typed, organisation_id=session.get_one(Response, response).organisation_id,
                response_id=response, question_key="more", kind=CommentKind.TYPED,
                state=CommentState.WRITTEN, made_at=NOW + timedelta(hours=1),
                text_sealed=shipped.keyring.seal_one(typed, "comment.text", "ring sju"),
            )
        )  # fmt: skip

    (line,) = lines(shipped)

    assert [(one.question, one.kind, one.transcript) for one in line.comments] == [
        ("comment", "spoken", "andra"), ("more", "typed", "ring <sv>"),
    ]  # fmt: skip
    assert (line.objected, line.follow_up) == (True, "no")


def test_a_comment_that_waits_or_whose_key_is_destroyed_has_no_transcript(
    shipped: House, invite: Any
) -> None:
    first = respond(invite("case-1", phone="+46701740605"))
    second = respond(invite("case-2", phone="+46701740606"))
    say(shipped, first, None)
    say(shipped, second, ["borta"])
    with reading() as session:
        shipped.keyring.destroy(session.scalars(select(Transcript.id)).all())

    assert [line.comments[0].transcript for line in lines(shipped)] == [None, None]


def test_one_organisation_never_sees_another_ones_lines(shipped: House, invite: Any) -> None:
    respond(invite(organisation="answering-service", campaign="after-message"))

    assert lines(shipped) == []
    assert len(lines(shipped, "answering-service")) == 1


def test_an_export_of_many_parts_has_every_line_once(
    shipped: House, invite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PART", 3)
    references = [f"case-{number}" for number in range(9)]
    for number, reference in enumerate(references):
        respond(invite(reference, phone=f"+46701740{number + 610}"))

    assert [line.case_reference for line in lines(shipped)] == references


def test_the_columns_are_those_of_every_question_ever_asked(shipped: House) -> None:
    with reading() as session:
        owner = find_organisation(session, "consumer-credit")

        columns = export_columns.question_columns(session, owner)

    assert columns.answers[:2] == ("satisfaction", "recommend")
    assert "comment" in columns.comments
    assert "follow_up" not in columns.answers


LINE = ResponseLine(
    organisation="org", campaign="camp", case_reference=EVIL, channel="voice", language="sv",
    status="completed", started_at="2026-03-10T10:00:00Z", completed_at=None,
    answers={"satisfaction": -1}, follow_up="not asked",
    comments=[CommentLine("comment", "typed", "written", None, "sv", "+46 or -1 or @x")],
    objected=False,
)  # fmt: skip


def test_no_text_in_a_csv_begins_like_a_formula_and_numbers_stay_numbers() -> None:
    out = io.StringIO()
    assert write_csv([LINE], out, columns=COLUMNS) == 1

    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["case_reference"] == "'" + EVIL
    assert row["comments.comment.transcript"] == "'+46 or -1 or @x"
    assert (row["answers.satisfaction"], row["answers.recommend"]) == ("-1", "")
    assert (row["objected"], row["started_at"]) == ("false", "2026-03-10T10:00:00Z")


def test_a_workbook_holds_no_formula_and_no_link(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"

    assert write_xlsx([LINE, LINE], path, columns=COLUMNS) == 2

    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.replace("HYPERLINK", "")
    assert "=HYPERLINK(" in sheet  # as text
    assert "<v>-1</v>" in sheet
    assert [one.name for one in tmp_path.iterdir()] == ["answers.xlsx"]


def test_a_workbook_begins_a_new_sheet_when_one_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.export_formats._SHEET_ROWS", 3)
    path = tmp_path / "answers.xlsx"

    assert write_xlsx(5 * [LINE], path, columns=COLUMNS) == 5

    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        rows = [book.read(name).decode().count("<row ") for name in sorted(sheets)]
    assert rows == [3, 3, 2]


def test_lines_are_written_as_they_come_and_none_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "lines.jsonl"

    def many() -> Iterator[ResponseLine]:
        for number in range(500):
            yield dataclasses.replace(LINE, case_reference=f"{number}" * 100)
            if number == 499:
                assert out.stat().st_size > 100_000

    with out.open("w") as file:
        assert write_jsonl(many(), file) == 500
