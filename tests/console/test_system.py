"""The operator's page: waiting work by age, failures by code, alarms, purge, who reads what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from config.host_allowances import Allowance
from console import system
from privacy import holds, request_steps, requests
from storage import export_words, policies, restored, restrictions
from storage.house import House, reading, utc_now
from storage.queue import Bell, redis_client
from storage.request_states import RequestChannel, RequestKind
from storage.states import RecordingState, TranscriptState
from storage.tables import (
    Alarm,
    Organisation,
    PeriodicJob,
    ProviderCopy,
    PurgeRun,
    RightsRequest,
    Role,
    Transcript,
    User,
)
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]


def row(page: str, name: str) -> str:
    """The table row that begins with the name, without its marks."""
    cells = page.split(f'<th scope="row">{name}', 1)[1].split("</tr>", 1)[0]
    return " ".join(cells.replace("<", " <").replace(">", "> ").split())


def test_waiting_work_is_counted_with_the_age_of_the_oldest(sign_in: SignIn, world: World) -> None:
    old = utc_now() - timedelta(hours=3, minutes=5)
    change(world.recording, state=RecordingState.READY, recorded_at=old)
    rows.add(
        ProviderCopy(kind="call", provider_sid="CA1", delete_at=old, created_at=old),
        ProviderCopy(kind="call", provider_sid="CA2", delete_at=None, created_at=old),
    )

    page = sign_in(Role.OPERATOR).get("/console/system").text

    assert "1 </td>" in row(page, "Recordings on their way")
    assert "3 hours" in row(page, "Recordings on their way")
    assert "late" in row(page, "Recordings on their way")
    assert "3 hours" in row(page, "Copies at the provider")
    assert "Kept at the provider altogether, needed there or not: 2." in page
    assert "0 </td>" in row(page, "Notices waiting")


def test_failures_alarms_and_the_purge_are_told(sign_in: SignIn, world: World) -> None:
    now = utc_now()
    with rows.transaction() as session:
        for transcript in session.query(Transcript):
            transcript.state, transcript.error_code = TranscriptState.FAILED, "worker_died"
    rows.add(
        Alarm(kind="purge.late", subject="", raised_at=now),
        Alarm(kind="old.news", subject="", raised_at=now, cleared_at=now),
        PurgeRun(started_at=now, finished_at=None, counts={}),
        PeriodicJob(name="sweep_recordings", next_at=now, last_done_at=None),
    )

    page = sign_in(Role.OPERATOR).get("/console/system").text

    assert "worker_died" in page
    assert "Purge late" in page
    assert "No run of the deletions came to its end for half an hour." in page
    assert "Old news" not in page
    assert "not yet" in page
    assert "Sweep recordings" in page


def test_what_the_purge_took_is_told_of_the_visitors_organisation_alone_with_the_next_run(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    now = utc_now()
    counts = {world.organisation.key: {"answers": 3}, other_world.organisation.key: {"answers": 40}}
    rows.add(
        PurgeRun(started_at=now, finished_at=now, counts=counts),
        PeriodicJob(name="PURGE", next_at=now),
    )

    page = sign_in(Role.OPERATOR, world.organisation).get("/console/system").text

    assert "<dt>Taken</dt><dd>3 answers</dd>" in page
    assert "Next run" in page


def test_a_queue_that_nobody_reads_is_said(sign_in: SignIn, house: House) -> None:
    page = sign_in(Role.OPERATOR).get("/console/system").text

    assert page.count("nobody reads it") == 4


def test_redis_being_away_is_said_and_breaks_nothing(
    sign_in: SignIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(Role.OPERATOR)
    deaf = Bell(redis_client("unix:///nowhere/redis.sock", patient=False))
    monkeypatch.setattr(system, "house", lambda: replace(house, bell=deaf))

    assert system.readers() is None
    assert "Redis does not answer" in browser.get("/console/system").text


def test_the_page_holds_nothing_of_anybody(sign_in: SignIn, world: World) -> None:
    page = sign_in(Role.OPERATOR).get("/console/system").text

    for trace in (world.name, world.phone, world.caller, world.reference):
        assert trace not in page


def test_where_data_goes_is_told_with_the_reasons_that_were_given(
    sign_in: SignIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(Role.OPERATOR)
    settings = house.settings.model_copy(
        update={
            "mail_url": "smtp://app:hush@mx.example.com",
            "hosts_allowed": (Allowance("mx.example.com", "ours, in <Oslo>"),),
        }
    )
    monkeypatch.setattr(system, "house", lambda: replace(house, settings=settings))

    page = browser.get("/console/system").text

    assert "MAIL_URL" in row(page, "mx.example.com")
    assert "allowed" in row(page, "mx.example.com")
    assert "ours, in &lt;Oslo&gt;" in row(page, "mx.example.com")
    assert "this service itself" in row(page, "genklang.example")
    assert "TWILIO_API_BASE_URL" in row(page, "127.0.0.1")
    assert "allowed" not in row(page, "127.0.0.1")
    assert "hush" not in page


def sounded(kind: str, *, organisation: Organisation | None = None) -> UUID:
    alarm = Alarm(
        id=uuid4(), kind=kind, subject="x1", raised_at=utc_now(),
        organisation_id=organisation and organisation.id,
    )  # fmt: skip
    rows.add(alarm)
    return alarm.id


def stored(alarm_id: UUID) -> Alarm:
    with reading() as session:
        return session.get_one(Alarm, alarm_id)


def test_an_alarm_about_a_request_calls_it_by_its_reference_and_says_what_to_do(
    sign_in: SignIn, world: World
) -> None:
    asked = RightsRequest(
        organisation_id=world.organisation.id, kind=RequestKind.ACCESS, reference="24680135",
        channel=RequestChannel.STAFF, received_at=utc_now(), due_at=utc_now(),
    )  # fmt: skip
    rows.add(asked)
    for kind in (requests.REQUESTED, request_steps.DUE_SOON, request_steps.OVERDUE):
        rows.add(
            Alarm(
                kind=kind, subject=str(asked.id), organisation_id=world.organisation.id,
                raised_at=utc_now(),
            )
        )  # fmt: skip

    page = sign_in(Role.OPERATOR, world.organisation).get("/console/system").text

    assert page.count("reference <code>24680135</code>") == 3
    assert str(asked.id) not in page
    assert page.count("on the page Requests") == 3


def test_whoever_has_seen_an_alarm_ends_it_and_is_noted(sign_in: SignIn, world: World) -> None:
    alarm_id = sounded("comment.lost", organisation=world.organisation)
    browser = sign_in(Role.SUPERVISOR, world.organisation)
    assert "I have seen it" in browser.get("/console/system").text

    answer = browser.post(f"/console/system/alarms/{alarm_id}", {})
    again = browser.post(f"/console/system/alarms/{alarm_id}", {})

    assert (answer.status_code, again.status_code) == (303, 303)
    assert "Comment lost" not in browser.get("/console/system").text
    seen = stored(alarm_id)
    with reading() as session:
        assert session.get_one(User, seen.seen_by).role is Role.SUPERVISOR
    assert seen.cleared_at is not None


@pytest.mark.parametrize(
    "kind",
    [
        request_steps.OVERDUE, holds.REVIEW_DUE, restrictions.REVIEW_DUE, policies.WAITS,
        export_words.OUTDATED, restored.KEPT_UNCONFIRMED, restored.CONTACTS_UNKNOWN,
    ],
)  # fmt: skip
def test_what_waits_for_an_act_is_not_ended_by_looking_at_it(
    sign_in: SignIn, world: World, kind: str
) -> None:
    alarm_id = sounded(kind)
    browser = sign_in(Role.OPERATOR)

    assert "I have seen it" not in browser.get("/console/system").text
    assert browser.post(f"/console/system/alarms/{alarm_id}", {}).status_code == 409
    assert stored(alarm_id).cleared_at is None


@pytest.mark.parametrize(
    ("role", "status"), [(Role.OPERATOR, 404), (Role.SUPERVISOR, 404), (Role.OFFICER, 403)]
)
def test_nobody_ends_an_alarm_that_they_do_not_see(
    sign_in: SignIn, world: World, other_world: World, role: Role, status: int
) -> None:
    theirs = sounded("comment.lost", organisation=other_world.organisation)
    browser = sign_in(role, world.organisation)

    assert browser.post(f"/console/system/alarms/{theirs}", {}).status_code == status
    assert stored(theirs).cleared_at is None
