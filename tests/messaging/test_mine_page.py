"""Whoever answered opens their own answers with the code they heard; nobody else opens anything."""

import io
import json
import logging
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from messaging import guess_limits, mine_page, mine_sound, public_pages, signed_words
from messaging.jobs import sweep_requests
from messaging.mine_words import MINE
from privacy import answer_erasure, item_ends, receipt_codes
from privacy.erasing import hands_of
from privacy.schedules import schedule_of
from storage import export_files
from storage.export_words import OUTDATED, ExportKind, ExportPlace, ExportReason
from storage.house import House, reading, transaction, utc_now
from storage.ledger import Ledger
from storage.ledger_check import check
from storage.listening_words import Purpose
from storage.matters import HoldScope
from storage.receipts import Receipt
from storage.states import CallState, FollowUp, TranscriptState
from storage.tables import (
    Alarm,
    Answer,
    Call,
    CallEvent,
    Comment,
    Export,
    Hold,
    Invitation,
    Listening,
    Organisation,
    ProviderCopy,
    ReceiptCode,
    Recording,
    Response,
    Restriction,
    Transcript,
    User,
)
from tests import rows
from tests.console.page_checks import check_page
from tests.console.worlds import World, change, make_recording, make_world

SAID = MINE["en"]
SPOKEN = "please ring zero seven zero one seven four"
NOBODYS = "123 456 789 012 345"


class Visitor:
    """A browser without cookies or scripts; every page it is given is checked."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page = ""

    def enter(self, code: str, **headers: str) -> TestResponse:
        return self.post("", code=code, headers=headers)

    def send(self, what: str, **form: str) -> TestResponse:
        """Press a button of the page that was opened last."""
        found = re.search(r'name="opened" value="([^"]+)"', self.page)
        assert found, self.page
        return self.post(f"/{what}", opened=found[1], **form)

    def post(self, path: str, *, headers: Any = None, **form: str) -> TestResponse:
        answer = self.client.post(f"/mine{path}", data=form, headers=headers)
        assert "Set-Cookie" not in answer.headers
        if answer.mimetype == "text/html":
            check_page(answer)
            assert "<script" not in answer.text
            if 'name="opened"' in answer.text:
                self.page = answer.text
        return answer

    def sound(self, **headers: str) -> TestResponse:
        found = re.search(r'<audio[^>]* src="([^"]+)"', self.page)
        assert found, self.page
        return self.client.get(found[1], headers=headers)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """On one database; the whole way from call to deletion is gone on both (tests/scenarios)."""
    path = tmp_path / "genklang.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def visitor(house: House) -> Iterator[Visitor]:
    app = Flask("pages", static_folder=None)
    app.secret_key = "a secret of the tests, long enough"
    for bp in (public_pages.bp, mine_page.bp, mine_sound.bp):
        app.register_blueprint(bp)
    with app.test_client() as client:
        yield Visitor(client)


@pytest.fixture
def world(house: House) -> World:
    return make_world()


def code_of(house: House, response: Response, *, at: Any = None) -> str:
    """The digits that whoever gave this response heard."""
    owner = response.organisation_id
    with transaction() as session:
        receipt_codes.give(session, owner, response.id, keyring=house.keyring, at=at or utc_now())
    with reading() as session:
        given = receipt_codes.of_response(session, owner, response.id)
        assert given
        digits = receipt_codes.digits_of(given, keyring=house.keyring)
    assert digits is not None
    return digits


def stored(table: Any, *where: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).where(*where).order_by(table.id)))


def test_the_code_opens_ones_own_answers_with_the_own_words_whole(
    visitor: Visitor, house: House, world: World
) -> None:
    code = code_of(house, world.response)

    answer = visitor.enter(f"{code[:3]} {code[3:9]}-{code[9:]}")

    assert answer.status_code == 200
    assert "Recommend us?" in answer.text
    assert "What went wrong?" in answer.text  # as it was put to somebody with that score
    assert "Tell us more." not in answer.text
    assert re.search(r'value="3" checked', answer.text)
    assert SPOKEN in answer.text  # numbers too: they said it themselves
    assert len(code) == receipt_codes.DIGITS
    assert world.name not in answer.text
    assert world.phone not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "media-src 'self'" in answer.headers["Content-Security-Policy"]


def test_only_a_hash_of_the_code_is_stored_and_a_second_telling_changes_nothing(
    house: House, world: World
) -> None:
    first, again = code_of(house, world.response), code_of(house, world.response)

    (row,) = stored(ReceiptCode)
    assert first == again
    assert first.encode() not in row.code_hash
    assert row.expires_at - row.made_at == receipt_codes.LIVES


def test_a_code_lasts_no_longer_than_the_answers_it_opens(house: House, world: World) -> None:
    with transaction() as session:
        owner = session.get_one(Organisation, world.organisation.id)
        owner.document = owner.document | {
            "retention": [
                one | ({"keep": "30 days"} if one["class"] == "answers" else {})
                for one in rows.RETENTION
            ]
        }

    code_of(house, world.response)

    (row,) = stored(ReceiptCode)
    assert timedelta(days=29) < row.expires_at - row.made_at <= timedelta(days=31)


def test_a_wrong_an_expired_and_a_deleted_code_are_answered_alike(
    visitor: Visitor, house: House, world: World
) -> None:
    code = code_of(house, world.response)
    with time_machine.travel(utc_now() + timedelta(days=91), tick=True):
        expired = visitor.enter(code)
    wrong, empty = visitor.enter(NOBODYS), visitor.enter("")
    visitor.enter(code)
    visitor.send("delete")

    deleted = visitor.enter(code)

    assert {one.status_code for one in (wrong, expired, deleted, empty)} == {422}
    assert {one.text for one in (expired, deleted, empty)} == {wrong.text}
    assert SAID.wrong in wrong.text


def test_the_code_of_one_opens_nothing_of_another_organisation(
    visitor: Visitor, house: House, world: World
) -> None:
    other = make_world(phone="+46701740633", name="Annan Person")

    answer = visitor.enter(code_of(house, world.response))
    visitor.enter(code_of(house, other.response))

    assert answer.status_code == 200
    with reading() as session:
        mine = session.scalars(
            select(ReceiptCode).where(ReceiptCode.response_id == world.response.id)
        ).one()
    for one in (other.recording, other.message_recording, world.message_recording):
        with visitor.client.application.test_request_context():
            word = signed_words.for_sound(mine, one.id)
        assert visitor.client.get(f"/mine/sound/{word}").status_code == 404


def test_no_code_plays_what_somebody_else_of_the_same_organisation_said(
    visitor: Visitor, house: House, world: World
) -> None:
    with transaction() as session:
        owner = session.get_one(Organisation, world.organisation.id)
    customer = rows.make_customer(owner, phone="+46701740633", at=utc_now())
    invitation = rows.make_invitation(world.campaign, customer, at=utc_now())
    call = rows.make_survey_call(world.campaign, invitation, at=utc_now())
    comment = rows.make_comment(rows.make_response(world.campaign, invitation), at=utc_now())
    theirs = make_recording(owner.id, call.id, rows.wav(1.0), comment_id=comment.id)
    code_of(house, world.response)
    (mine,) = stored(ReceiptCode)

    with visitor.client.application.test_request_context():
        word = signed_words.for_sound(mine, theirs.id)

    assert visitor.client.get(f"/mine/sound/{word}").status_code == 404


def test_the_sound_is_played_in_parts_logged_once_and_not_as_if_staff_had_listened(
    visitor: Visitor, house: House, world: World
) -> None:
    visitor.enter(code_of(house, world.response))

    whole, part = visitor.sound(), visitor.sound(Range="bytes=100-199")

    assert (whole.status_code, whole.data) == (200, world.sound)
    assert (part.status_code, part.data) == (206, world.sound[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(world.sound)}"
    assert visitor.sound(Range=f"bytes={len(world.sound)}-").status_code == 416
    (line,) = stored(Listening)
    assert (line.item_id, line.user_id, line.purpose) == (world.recording.id, None, Purpose.OWN)


def test_no_address_of_a_sound_lasts(visitor: Visitor, house: House, world: World) -> None:
    visitor.enter(code_of(house, world.response))

    with time_machine.travel(utc_now() + timedelta(minutes=21), tick=True):
        late, saved = visitor.sound(), visitor.send("correct")

    assert late.status_code == 404
    assert saved.status_code == 403
    assert SAID.over in saved.text
    assert visitor.client.get("/mine/sound/made-up").status_code == 404
    assert visitor.post("/correct", opened="made up").status_code == 403


def test_scores_and_words_are_put_right_and_nothing_of_the_old_is_kept(
    visitor: Visitor, house: House, world: World
) -> None:
    visitor.enter(code_of(house, world.response))
    was = stored(Transcript)[0].words_sealed
    rows.add(
        Export(
            organisation_id=world.organisation.id, kind=ExportKind.RESPONSES, suffix=".csv",
            reason=ExportReason.NOT_STATED, place=ExportPlace.OURS, folder="", made_at=utc_now(),
            expires_at=utc_now() + timedelta(days=7),
        )
    )  # fmt: skip

    answer = visitor.send(
        "correct", **{"answer-recommend": "9", "words-comment": "Please write\nto me."}
    )

    assert answer.status_code == 200
    assert SAID.corrected in answer.text
    assert "Please write to me." in answer.text
    (score,) = stored(Answer)
    assert score.number == 9
    assert score.corrected_at is not None
    (words,) = stored(Transcript, Transcript.recording_id == world.recording.id)
    assert words.words_sealed != was
    assert (words.state, words.model) == (TranscriptState.DONE, "by hand")
    assert words.corrected_at is not None
    assert [one.kind for one in stored(Alarm)] == [OUTDATED]  # who has the file is to be told
    assert SPOKEN not in visitor.send("correct").text


def test_what_is_not_on_the_scale_changes_nothing_of_the_rest_either(
    visitor: Visitor, house: House, world: World
) -> None:
    visitor.enter(code_of(house, world.response))

    for wrong in ("11", "x", ""):
        form = {"answer-recommend": wrong, "words-comment": "something else"}
        answer = visitor.send("correct", **form)

        assert answer.status_code == 422
        assert SAID.not_corrected in answer.text
    assert stored(Answer)[0].number == 3
    assert SPOKEN in visitor.send("correct").text


def test_saving_what_is_there_already_corrects_nothing(
    visitor: Visitor, house: House, world: World
) -> None:
    visitor.enter(code_of(house, world.response))

    answer = visitor.send("correct", **{"answer-recommend": "3", "words-comment": SPOKEN})

    assert SAID.unchanged in answer.text
    assert stored(Answer)[0].corrected_at is None
    assert {one.corrected_at for one in stored(Transcript)} == {None}


def test_a_machine_that_listens_meanwhile_does_not_write_over_the_person(
    visitor: Visitor, house: House, world: World
) -> None:
    (row,) = stored(Transcript, Transcript.recording_id == world.recording.id)
    later = utc_now() + timedelta(minutes=5)
    change(row, state=TranscriptState.RUNNING, lease_until=later, words_sealed=None)
    visitor.enter(code_of(house, world.response))

    visitor.send("correct", **{"words-comment": "mine"})

    # Under another id, so that what the machine may still write has no row to go to.
    (after,) = stored(Transcript, Transcript.recording_id == row.recording_id)
    assert (after.state, after.lease_until) == (TranscriptState.DONE, None)
    assert stored(Transcript, Transcript.id == row.id) == []


def test_the_download_holds_the_answers_for_people_and_programs_and_the_sound(
    visitor: Visitor, house: House, world: World
) -> None:
    visitor.enter(code_of(house, world.response))

    answer = visitor.send("download")

    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert sorted(archive.namelist()) == ["audio/0001.wav", "data.json", "index.html"]
    assert archive.read("audio/0001.wav") == world.sound
    document = json.loads(archive.read("data.json"))
    assert document["answers"] == [{"question": "Recommend us?", "answer": "3", "corrected": False}]
    assert document["comments"][0]["words"] == SPOKEN
    assert SPOKEN in archive.read("index.html").decode()


def test_deleting_reaches_rows_files_keys_and_the_provider_and_leaves_a_receipt(
    visitor: Visitor, house: House, world: World
) -> None:
    visitor.enter(code_of(house, world.response))
    (call,) = stored(Call, Call.attempt_id.is_not(None))
    data_dir = house.settings.data_dir
    export = Export(
        id=uuid4(), organisation_id=world.organisation.id, kind=ExportKind.RESPONSES,
        reason=ExportReason.NOT_STATED, place=ExportPlace.OURS, suffix=".csv",
        folder=export_files.mark_of(data_dir, make=True), made_at=utc_now(),
        expires_at=utc_now() + timedelta(days=7),
    )  # fmt: skip
    rows.add(export)
    export_files.path_of(data_dir, export).write_text("somebody's answers")

    answer = visitor.send("delete")

    assert answer.status_code == 200
    assert not export_files.path_of(data_dir, export).exists()
    assert SAID.gone_title in answer.text
    assert "no backup can be read either, 8 days from now at the latest" in answer.text
    for table in (Response, Answer, Comment, ReceiptCode):
        assert stored(table) == []
    assert stored(Call, Call.id == call.id) == []
    assert stored(CallEvent, CallEvent.call_id == call.id) == []
    assert [one.id for one in stored(Recording)] == [world.message_recording.id]
    assert house.keyring.keys([world.recording.id, world.comment.id]) == {}
    with pytest.raises(FileNotFoundError):
        house.blobs.length(world.recording.id)
    assert call.provider_sid in {one.provider_sid for one in stored(ProviderCopy)}
    # Asked once and not again: that they were asked stays until its own time is over.
    assert len(stored(Invitation)) == 1
    told = re.search(r'class="receipt">([0-9a-f-]{36})<', answer.text)
    assert told
    chain = world.organisation.id
    receipts = {str(line.receipt_id) for line in house.ledger.lines(chain)}
    assert told[1] in receipts
    assert check(house.ledger, chain, now=utc_now()) == []


class CutOffError(Exception):
    """The process ended here."""


class CutOff(Ledger):
    """The house's ledger until an intent is to be written about that table; before or after it."""

    def __init__(self, real: Ledger, table: str, *, written: bool) -> None:
        self.__dict__ |= vars(real)
        self.table, self.written = table, written

    def intend(self, receipt: Receipt, *, at: datetime) -> None:
        if receipt.kind != self.table or self.written:
            super().intend(receipt, at=at)
        if receipt.kind == self.table:
            raise CutOffError


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("table", ["calls", "responses"])
def test_a_deletion_that_was_cut_off_is_finished_by_the_sweep_with_one_receipt_of_each_step(
    house: House, world: World, table: str, *, written: bool
) -> None:
    code_of(house, world.response)
    (code,) = stored(ReceiptCode)
    answer_erasure.ask(code.id, keyring=house.keyring, now=utc_now())
    cut_off = CutOff(house.ledger, table, written=written)
    with pytest.raises(CutOffError):
        answer_erasure.carry_out(
            code.id, hands=replace(hands_of(house), ledger=cut_off), now=utc_now()
        )
    assert len(stored(Response)) == 1

    sweep_requests()

    assert stored(Response) == stored(Call, Call.attempt_id.is_not(None)) == []
    assert list(answer_erasure.waiting()) == house.ledger.intents() == []
    assert answer_erasure.carry_out(code.id, hands=hands_of(house), now=utc_now()) is None
    lines = [json.loads(line.body) for line in house.ledger.lines(world.organisation.id)]
    assert [(line["kind"], line["count"]) for line in lines] == [("calls", 1), ("responses", 1)]


def test_a_deletion_that_was_asked_for_is_carried_out_by_the_sweep(
    house: House, world: World
) -> None:
    code_of(house, world.response)
    (code,) = stored(ReceiptCode)
    answer_erasure.ask(code.id, keyring=house.keyring, now=utc_now())

    sweep_requests()

    assert stored(Response) == []
    assert list(answer_erasure.waiting()) == []


def test_frozen_answers_are_shown_and_neither_corrected_nor_deleted(
    visitor: Visitor, house: House, world: World
) -> None:
    rows.add(
        Restriction(
            organisation_id=world.organisation.id, customer_id=world.invitation.customer_id,
            cause="needed_for_claim", made_at=utc_now(),
        )
    )  # fmt: skip

    opened = visitor.enter(code_of(house, world.response))
    corrected = visitor.send("correct", **{"answer-recommend": "9"})
    deleted = visitor.send("delete")

    for answer in (opened, corrected, deleted):
        assert SAID.frozen in answer.text
    assert (corrected.status_code, deleted.status_code) == (409, 409)
    assert stored(Answer)[0].number == 3
    assert visitor.enter(code_of(house, world.response)).status_code == 200


def hold(world: World, owner: Any, **what: Any) -> None:
    with transaction() as session:
        held = session.get_one(Organisation, world.organisation.id)
        held.document = held.document | {
            "retention": [one | {"extended_by": ["legal_hold"]} for one in rows.RETENTION]
        }
    rows.add(
        Hold(
            organisation_id=world.organisation.id, owner_id=owner, made_at=utc_now(),
            review_at=utc_now() + timedelta(days=30), **what,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "what",
    [
        lambda world: {"scope": HoldScope.ITEM, "invitation_id": world.invitation.id},
        lambda world: {"scope": HoldScope.ITEM, "comment_id": world.comment.id},
        lambda world: {"scope": HoldScope.CUSTOMER, "customer_id": world.invitation.customer_id},
    ],
)
def test_what_is_held_is_not_deleted_and_the_person_is_told(
    visitor: Visitor, house: House, world: World, what: Callable[[World], dict[str, Any]]
) -> None:
    user = User(id=uuid4(), password_hash="x", created_at=utc_now())
    rows.add(user)
    hold(world, user.id, **what(world))
    visitor.enter(code_of(house, world.response))

    answer = visitor.send("delete")

    assert answer.status_code == 409
    assert SAID.needed in answer.text
    assert len(stored(Response)) == 1


def test_nothing_is_deleted_while_the_call_lasts(
    visitor: Visitor, house: House, world: World
) -> None:
    (call,) = stored(Call, Call.attempt_id.is_not(None))
    change(call, state=CallState.IN_PROGRESS, ended_at=None)
    visitor.enter(code_of(house, world.response))

    answer = visitor.send("delete")

    assert (answer.status_code, SAID.under_way in answer.text) == (409, True)


def test_guesses_from_one_place_are_shut_out_and_others_are_not(
    visitor: Visitor, house: House, world: World
) -> None:
    code = code_of(house, world.response)
    for _ in range(guess_limits.OF_ONE_PLACE.at_once):
        assert visitor.enter(NOBODYS, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 422

    shut_out = visitor.enter(code, **{"X-Forwarded-For": "203.0.113.7"})

    assert shut_out.status_code == 429
    assert shut_out.headers["Retry-After"] == "360"
    assert visitor.enter(code, **{"X-Forwarded-For": "203.0.113.8"}).status_code == 200
    assert not any(b"203.0.113" in name for name in house.bell.redis.keys("*"))


def test_without_redis_no_code_is_looked_at(visitor: Visitor, house: House, world: World) -> None:
    code = code_of(house, world.response)
    house.bell.redis.set(guess_limits.EVERYBODY, b"no number")  # the script fails on it

    assert visitor.enter(code).status_code == 503


def test_another_sites_page_can_send_nothing(visitor: Visitor, house: House, world: World) -> None:
    code = code_of(house, world.response)

    assert visitor.enter(code, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visitor.enter(code, Origin="https://evil.example").status_code == 403

    visitor.enter(code)
    opened = re.findall(r'name="opened" value="([^"]+)"', visitor.page)[0]
    for what in ("correct", "download", "delete"):
        answer = visitor.post(
            f"/{what}", opened=opened, headers={"Sec-Fetch-Site": "cross-site"},
            **{"answer-recommend": "9"},
        )  # fmt: skip
        assert answer.status_code == 403
    assert [one.number for one in stored(Answer)] == [3]
    assert [one.id for one in stored(Response)] == [world.response.id]


def test_when_nobodys_code_is_taken_any_more_the_operator_is_told(
    visitor: Visitor, house: House, world: World
) -> None:
    code, of_all = code_of(house, world.response), guess_limits.OF_EVERYBODY
    whole_again = time.time() + of_all.at_once * of_all.seconds_each
    house.bell.redis.set(guess_limits.EVERYBODY, whole_again)

    assert visitor.enter(code).status_code == 429

    (alarm,) = stored(Alarm)
    assert (alarm.kind, alarm.cleared_at) == (guess_limits.ALARM, None)


def test_neither_code_nor_words_get_into_the_log(
    visitor: Visitor, house: House, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    code = code_of(house, world.response)

    visitor.enter(code)
    visitor.send("correct", **{"words-comment": "zqxword"})
    visitor.sound()
    visitor.send("delete")

    said = " ".join(f"{one.getMessage()} {vars(one)!r}" for one in caplog.records)
    assert "answer.erased" in said
    assert code not in said
    assert "zqxword" not in said


def test_every_page_speaks_every_language(visitor: Visitor, house: House, world: World) -> None:
    code = code_of(house, world.response)

    for language, said in MINE.items():
        form = visitor.client.get(f"/mine?lang={language}")
        opened = visitor.client.post(f"/mine?lang={language}", data={"code": code})

        check_page(form)
        check_page(opened)
        assert f'lang="{language}"' in form.text
        assert said.title in form.text
        assert said.delete in opened.text


def test_a_yes_to_being_contacted_is_taken_back_and_given_again_with_the_words_of_the_page(
    visitor: Visitor, house: House, world: World
) -> None:
    page = visitor.enter(code_of(house, world.response)).text
    assert re.search(r'name="may-contact" value="yes" checked', page)

    taken_back = visitor.send("correct", **{"may-contact": "no"})
    (row,) = stored(Response, Response.id == world.response.id)
    assert SAID.corrected in taken_back.text
    assert (row.follow_up, row.follow_up_wording) == (FollowUp.NO, SAID.may_contact)
    again = visitor.send("correct", **{"may-contact": "no"})
    visitor.send("correct", **{"may-contact": "yes"})

    assert SAID.unchanged in again.text
    (row,) = stored(Response, Response.id == world.response.id)
    assert row.follow_up is FollowUp.YES


def test_who_was_never_asked_whether_they_may_be_contacted_cannot_say_so_here(
    visitor: Visitor, house: House, world: World
) -> None:
    with transaction() as session:
        session.get_one(Response, world.response.id).follow_up = FollowUp.NOT_ASKED

    page = visitor.enter(code_of(house, world.response)).text
    visitor.send("correct", **{"may-contact": "yes"})

    assert "may-contact" not in page
    (row,) = stored(Response, Response.id == world.response.id)
    assert row.follow_up is FollowUp.NOT_ASKED


def test_the_page_says_until_which_day_the_answers_and_the_words_are_kept(
    visitor: Visitor, house: House, world: World
) -> None:
    code = code_of(house, world.response)
    with reading() as session:
        owner = session.get_one(Organisation, world.organisation.id)
        response = session.get_one(Response, world.response.id)
        schedule = schedule_of(owner)
        ends = item_ends.of_response(session, schedule, response, now=utc_now())
    days = [f"{one.at.astimezone(schedule.zone):%Y-%m-%d}" for one in ends if one.at is not None]

    page = visitor.enter(code).text

    assert SAID.kept_answers.format(day=days[0]) in page
    assert SAID.kept_words.format(day=days[1]) in page
    assert SAID.kept_longer not in page
