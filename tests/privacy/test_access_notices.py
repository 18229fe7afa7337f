"""Whoever asks sees the notice that they were given: by version, as it was spoken or written."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete

from config.campaign_rules import LegalBasis
from config.directory import Configuration, load_configuration
from config.notations import LANGUAGES
from config.settings import PROJECT
from ivr import webhooks
from messaging import asking_text
from privacy import access_package
from storage.house import House, reading, transaction, utc_now
from storage.identity import new_id
from storage.request_states import RequestChannel, RequestKind
from storage.states import AttemptMethod, FollowUp, TextState
from storage.tables import (
    Attempt,
    Call,
    Campaign,
    Customer,
    Invitation,
    Line,
    Mailbox,
    PermissionDecision,
    Response,
    RightsRequest,
    SentText,
    SurveyVersion,
    ThrottleToken,
)
from survey import objections, organisations, responses
from survey.objections import Source
from survey.permission import Method
from tests.applied_files import apply_files
from tests.ivr.conftest import LINE, MAILBOX, NOON, Handset, Telephone, rows, the
from tests.privacy.test_access_package import data_of, everything, package
from tests.rows import add, make_organisation

LENDER, DESK = "consumer-credit", "answering-service"
STRANGER = "+46701740699"
FIRST, SECOND = "credit-after-case 1", "credit-after-case 2"


@pytest.fixture(scope="module")
def files() -> Configuration:
    whole = load_configuration(PROJECT / "config")
    return replace(whole, organisations={key: whole.organisations[key] for key in (LENDER, DESK)})


@pytest.fixture
def telephone(house: House, files: Configuration) -> Iterator[Telephone]:
    """A lender and an answering service at noon on a working day, and the webhooks over HTTP."""
    with time_machine.travel(NOON, tick=True):
        apply_files(house, files, now=NOON)
        app = Flask("webhooks")
        app.register_blueprint(webhooks.bp)
        with app.test_client() as client:
            yield Telephone(client)


def rename(house: House, files: Configuration) -> None:
    """Have both call themselves something else, which makes every wording a new version."""
    for key in (LENDER, DESK):
        files = change(house, files, key, spoken_name=dict.fromkeys(LANGUAGES, "Nybanken"))


def change(house: House, files: Configuration, key: str, **fields: Any) -> Configuration:
    """Apply the files with other fields in one organisation's; the files as they are then."""
    changed = files.organisations[key].model_copy(update=fields)
    files = replace(files, organisations=files.organisations | {key: changed})
    with transaction() as session:
        organisations.apply(session, files, keyring=house.keyring, now=utc_now())
    return files


def asked_again(telephone: Telephone) -> None:
    """Another case of the same person, as if the time between two were over."""
    with transaction() as session:
        session.execute(delete(ThrottleToken))
    telephone.invite("case-2")


def attempts(house: House, folder: Path, **more: Any) -> list[dict[str, Any]]:
    cases = data_of(package(house, the(Customer), folder, **more))["cases"]
    return [one for case in cases for one in case["attempts"]]


def given(attempt: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    names = ("kind", "version", "language", "text")
    return [tuple(one[name] for name in names) for one in attempt["notices_given"]]


def text_of(call: Handset, place: int = 0) -> str:
    """What was heard at that place of the present document."""
    return call.document.says[place]


def test_each_call_shows_its_own_wording_where_the_survey_was_changed_in_between(
    telephone: Telephone, house: House, files: Configuration, tmp_path: Path
) -> None:
    telephone.invite()
    first = telephone.ring().answer()
    opening = text_of(first)
    first.press("5").press("9").press("1")
    notice = text_of(first)
    first.speak("RE1").press("1").status("completed", 3)
    rename(house, files)
    asked_again(telephone)
    second = telephone.ring().answer()
    opening_then = text_of(second)
    question = text_of(second.press("2").press("3").press("2"))
    second.press("1").status("completed", 3)

    earlier, later = attempts(house, tmp_path)

    assert "Exempelkredit" in opening
    assert "Nybanken" in opening_then
    assert given(earlier) == [
        ("opening", FIRST, "sv", opening), ("comment_notice", FIRST, "sv", notice),
    ]  # fmt: skip
    assert given(later) == [
        ("opening", SECOND, "sv", opening_then), ("follow_up_question", SECOND, "sv", question),
    ]  # fmt: skip


def test_a_call_that_nobody_answered_or_a_machine_did_said_nothing(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    call = telephone.ring()
    call.status("no-answer", 2)
    call.answer()  # too late: nobody is on the line
    asked_again(telephone)
    telephone.ring().answer(AnsweredBy="machine_start")

    assert [given(one) for one in attempts(house, tmp_path)] == [[], []]


def test_who_said_no_while_it_rang_heard_no_notice(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    call = telephone.ring()
    with transaction() as session:
        customer = session.get_one(Customer, the(Customer).id)
        objections.record(session, customer, Method.CALLS, source=Source.WEB, at=utc_now())
    assert len(call.answer().document.says) == 1  # that it is over

    assert [given(one) for one in attempts(house, tmp_path)] == [[]]


def test_a_recording_that_never_began_had_no_notice(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5").press("9").press("1")
    assert call.document.verbs[-2:] == ["Record", "Redirect"]
    call.status("completed", 3)

    (attempt,) = attempts(house, tmp_path)

    assert [one["kind"] for one in attempt["notices_given"]] == ["opening"]


def test_a_notice_is_shown_in_each_language_in_which_it_was_heard(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    swedish = text_of(call)
    call.press("*").press("3").press("5")
    english = text_of(call)
    call.press("5").press("9").press("1").speak("RE1").press("1").status("completed", 3)

    (attempt,) = attempts(house, tmp_path)

    heard = [(kind, language) for kind, _, language, _ in given(attempt)]
    assert heard == [("opening", "sv"), ("opening", "en"), ("comment_notice", "en")]
    assert [one["text"] for one in attempt["notices_given"][:2]] == [swedish, english]


def test_a_question_that_was_put_right_on_ones_page_is_shown_as_the_call_asked_it(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    question = text_of(telephone.ring().answer().press("2").press("3").press("2"))
    call = Handset(telephone.client, the(Call).token, sid=the(Call).provider_sid)
    call.post(f"/turn/{call.token}/{the(Call).flow['visit']}/keys", Digits="1")
    with transaction() as session:
        response = session.get_one(Response, the(Response).id)
        responses.change_follow_up(
            session, response, FollowUp.NO, wording="Får vi höra av oss?", at=utc_now()
        )

    (attempt,) = attempts(house, tmp_path)

    assert given(attempt)[-1] == ("follow_up_question", FIRST, "sv", question)


def test_of_several_wordings_the_one_that_was_stored_with_the_answer_is_shown_or_none(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    telephone.ring().answer().press("2").press("3").press("2").press("1")
    heard = {"sv": "Får vi ringa dig om det?", "en": "May we call you about it?"}
    variant = {"when": {"question": "recommend"}, "prompt": heard}
    with transaction() as session:
        response = session.get_one(Response, the(Response).id)
        version = session.get_one(SurveyVersion, response.survey_version_id)
        version.document = version.document | {
            "questions": [
                one | {"variants": [variant]} if one["kind"] == "follow_up" else one
                for one in version.document["questions"]
            ]
        }
        response.follow_up_wording = heard["en"]
    (stored,) = attempts(house, tmp_path)
    with transaction() as session:
        session.get_one(Response, response.id).follow_up_wording = "Får vi höra av oss?"
    (put_right,) = attempts(house, tmp_path)

    assert given(stored)[-1] == ("follow_up_question", FIRST, "en", heard["en"])
    assert [one["kind"] for one in put_right["notices_given"]] == ["opening"]


def test_a_text_shows_what_it_said_of_why_and_how_to_stop(
    telephone: Telephone, house: House, files: Configuration, tmp_path: Path
) -> None:
    telephone.invite()
    telephone.ring().status("no-answer", 2)
    rename(house, files)
    body = texted(house, state=TextState.DELIVERED)
    texted(house, state=TextState.NOT_SENT)

    rung, arrived, never_sent = attempts(house, tmp_path)

    assert "STOPP" in body
    assert "Nybanken" in body
    assert given(rung) == []
    assert given(arrived) == [("text", SECOND, "sv", body)]
    assert given(never_sent) == []


def texted(house: House, *, state: TextState) -> str:
    """A text to the person as it is sent today, and what it said."""
    invitation = the(Invitation)
    with reading() as session:
        campaign = session.get_one(Campaign, invitation.campaign_id)
        line = session.get_one(Line, campaign.line_id)
        body = asking_text.text_for(session, campaign, the(Customer), line)
    mine = {"organisation_id": invitation.organisation_id}
    asked = {**mine, "invitation_id": invitation.id, "decision_id": uuid4(), "line_id": line.id}
    attempt = Attempt(
        id=new_id(), **asked, number=len(rows(Attempt)) + 1, method=AttemptMethod.SMS,
        placing_at=utc_now(),
    )  # fmt: skip
    sent = SentText(
        id=uuid4(), **mine, attempt_id=attempt.id, line_id=line.id, token=uuid4().hex, state=state,
        survey_version_id=campaign.survey_version_id, parts=1, asked_at=utc_now(),
    )  # fmt: skip
    sent.body_sealed = house.keyring.seal_one(sent.id, "sent_text.body", body)
    add(
        PermissionDecision(
            id=attempt.decision_id, **mine, invitation_id=invitation.id, method="sms",
            allowed=True, rule="allowed", facts={}, decided_at=utc_now(),
        )
    )  # fmt: skip
    add(attempt)
    add(sent)
    return body


def test_who_called_back_sees_what_the_desk_said_and_what_the_questions_began_with(
    telephone: Telephone, house: House, files: Configuration, tmp_path: Path
) -> None:
    telephone.invite()
    telephone.ring().answer().press("4").status("completed", 3)  # cut off
    rename(house, files)
    call = telephone.call_in(LINE)
    desk = text_of(call)
    opening = text_of(call.press("1"))

    data = data_of(package(house, the(Customer), tmp_path))

    (told,) = data["calls_to_us"]
    assert given(told) == [("desk", SECOND, "sv", desk), ("opening", FIRST, "sv", opening)]
    assert given(data["cases"][0]["attempts"][1]) == given(told)
    assert "Nybanken" in desk


def test_a_language_chosen_in_the_questions_gives_the_notice_of_a_call_of_ours(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    call = telephone.call_in(LINE)
    opening = text_of(call.press("1"))
    english = text_of(call.press("*").press("3").press("5"))

    (told,) = data_of(package(house, the(Customer), tmp_path))["calls_to_us"]

    assert [one[0] for one in given(told)] == ["desk", "opening", "opening"]
    assert [one[3] for one in given(told)[1:]] == [opening, english]


def test_a_stranger_sees_what_the_desk_said_to_strangers(
    telephone: Telephone, house: House
) -> None:
    call = telephone.call_in(LINE, caller=STRANGER).press("*").press("3").press("5")
    said = text_of(call)

    (told,) = of_caller(house)["calls_to_us"]

    assert given(told) == [("desk", FIRST, "en", said)]


def of_caller(house: House) -> dict[str, Any]:
    """What whoever called last is told."""
    came = rows(Call)[-1]
    request = RightsRequest(
        id=uuid4(), organisation_id=came.organisation_id, kind=RequestKind.ACCESS,
        channel=RequestChannel.WEB, subject_hash=came.caller_hash, reference="12345678",
        received_at=NOON, due_at=NOON,
    )  # fmt: skip
    add(request)
    with reading() as session:
        made = access_package.prepare(
            session, session.get_one(RightsRequest, request.id), keyring=house.keyring,
            mask=lambda text, _: text, now=NOON,
        )  # fmt: skip
    return made.document


def test_a_message_shows_the_notice_before_the_tone_and_the_ground_of_then(
    telephone: Telephone, house: House, files: Configuration
) -> None:
    first = telephone.call_in(MAILBOX, caller=STRANGER, sid="CA1")
    notice = text_of(first, 1)
    sent(first.speak("RE1"))
    boxes = tuple(
        one.model_copy(update={"legal_basis": LegalBasis.CONTRACT})
        for one in files.organisations[DESK].mailboxes
    )
    names = dict.fromkeys(LANGUAGES, "Nybanken")
    change(house, files, DESK, spoken_name=names, mailboxes=boxes)
    second = telephone.call_in(MAILBOX, caller=STRANGER, sid="CA2")
    notice_then = text_of(second, 1)
    sent(second.speak("RE2"))
    change(house, files, DESK, mailboxes=())  # it closes, and what it says is emptied

    earlier, later = of_caller(house)["messages"]

    assert (the_mailbox().script, "Nybanken" in notice_then) == ({}, True)
    assert given(earlier) == [("mailbox_notice", "mailbox-notice 1", "sv", notice)]
    assert given(later) == [("mailbox_notice", "mailbox-notice 2", "sv", notice_then)]
    assert [one["legal_basis"] for one in (earlier, later)] == ["legitimate_interest", "contract"]
    assert {one["purpose"] for one in (earlier, later)} == {"message"}


def sent(call: Handset) -> None:
    """The caller sends the message and hangs up."""
    call.press("1")
    call.token = ""  # the end of a call to us is told for all of them
    call.status("completed")


def the_mailbox() -> Mailbox:
    """The one that took the messages."""
    with reading() as session:
        return session.get_one(Mailbox, rows(Call)[-1].mailbox_id)


def test_who_speaks_again_after_a_change_is_shown_what_they_heard_last(
    telephone: Telephone, house: House, files: Configuration
) -> None:
    call = telephone.call_in(MAILBOX, caller=STRANGER).speak("RE1")
    rename(house, files)
    notice = text_of(call.press("3"))
    call.speak("RE2").press("1")

    (message,) = of_caller(house)["messages"]

    assert "Nybanken" in notice
    assert [text for _, _, _, text in given(message)] == [notice]


def test_a_message_from_before_notices_were_kept_tells_none(house: House, tmp_path: Path) -> None:
    (message,) = data_of(package(house, everything(house, make_organisation()), tmp_path))[
        "messages"
    ]

    assert (message["notices_given"], message["legal_basis"], message["purpose"]) == (
        [],
        None,
        None,
    )


def test_the_page_shows_the_notice_as_it_was_under_words_of_the_persons_language(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    opening = text_of(telephone.ring().answer())

    archive = package(house, the(Customer), tmp_path, language="fi")

    page = archive.read("index.html").decode()
    assert '<dt class="wide">Mitä sinulle kerrottiin</dt>' in page
    assert "<dd>puhelun alussa</dd>" in page
    assert f"<dd>{opening}</dd>" in page
    assert f"<dd>{FIRST}</dd>" in page


def test_who_takes_data_along_is_given_none_of_our_words(
    telephone: Telephone, house: House, tmp_path: Path
) -> None:
    telephone.invite()
    telephone.ring().answer()
    with transaction() as session:
        campaign = session.get_one(Campaign, the(Invitation).campaign_id)
        campaign.rules = campaign.rules | {"legal_basis": "consent"}
        session.query(PermissionDecision).update({"facts": {}})

    archive = package(house, the(Customer), tmp_path, kind=RequestKind.PORTABILITY)

    assert len(data_of(archive)["cases"]) == 1
    assert b"notices_given" not in archive.read("data.json")
