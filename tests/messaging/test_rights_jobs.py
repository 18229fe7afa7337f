"""From the form to the answer without anybody but the officer: what the worker does by itself."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from config.settings import Settings
from messaging import extension_mail, jobs
from messaging.answer_words import ANSWER
from privacy import identity_codes, request_steps, requests
from privacy.requests import Asker
from storage.house import House, close_house, open_house, reading, transaction, utc_now
from storage.periodic import claim_due
from storage.queue import JobName
from storage.request_states import (
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.states import AttemptState
from storage.tables import Alarm, Attempt, Customer, PeriodicJob, Restriction, RightsRequest
from tests.post import Post
from tests.privacy.traces import leave_traces
from tests.rows import make_call, make_customer, make_organisation

PHONE = "+46701740605"
ADDRESS = f"{PHONE}@example.org"  # what `make_customer` keeps


@pytest.fixture
def house(settings: Settings, post: Post) -> Iterator[House]:
    """A house that mails."""
    told = {"mail_url": post.url, "mail_from": "Genklang <genklang@example.org>"}
    opened = open_house(settings.model_copy(update=told), patient=True)
    opened.bell.redis.flushall()
    yield opened
    close_house()


def ask(
    house: House,
    *,
    kind: RequestKind = RequestKind.ERASURE,
    customer: Customer | None = None,
    granted: bool = True,
) -> UUID:
    customer = customer or make_customer(make_organisation(), phone=PHONE)
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, customer.id), kind=kind,
            channel=RequestChannel.TELEPHONE, at=utc_now(),
        )  # fmt: skip
        if granted:
            request_steps.prove(request, way=ProofWay.CALLED_BACK, at=utc_now())
            request_steps.decide(session, request, outcome=Outcome.GRANTED, at=utc_now())
    return request.id


def stored(request_id: UUID) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request_id)


def test_what_was_decided_is_done_and_answered_by_one_job(house: House, post: Post) -> None:
    request_id = ask(house)

    jobs.carry_out_request(str(request_id))  # type: ignore[arg-type]

    assert stored(request_id).state is RequestState.TOLD
    assert [mail["To"] for mail in post.taken] == [ADDRESS]


def test_who_has_had_all_codes_of_a_day_gets_no_more_and_no_job_fails(
    house: House, post: Post
) -> None:
    request_id = ask(house, granted=False)

    for _ in range(identity_codes.MOST_CODES + 1):
        jobs.send_identity_code(str(request_id))  # type: ignore[arg-type]

    assert len(post.taken) == identity_codes.MOST_CODES


def test_the_sweep_does_what_the_bell_did_not(house: House, post: Post) -> None:
    erasure, access = ask(house), ask(house, kind=RequestKind.ACCESS)
    with transaction() as session:
        claim_due(session, now=utc_now())

    jobs.sweep_requests()

    assert (stored(erasure).state, stored(access).state) == (RequestState.TOLD, RequestState.DONE)
    assert len(post.taken) == 2
    with reading() as session:
        row = session.get_one(PeriodicJob, JobName.SWEEP_REQUESTS.name)
    assert row.last_done_at is not None
    jobs.sweep_requests()
    assert len(post.taken) == 2


def test_one_that_must_wait_holds_no_other_up_and_the_alarms_sound_all_the_same(
    house: House, post: Post
) -> None:
    person = leave_traces(house)
    waits, goes = ask(house, customer=person.customer), ask(house)
    with transaction() as session:
        session.scalars(select(Attempt)).one().state = AttemptState.PLACED
        session.get_one(RightsRequest, waits).due_at = utc_now() + timedelta(days=1)

    jobs.sweep_requests()

    assert (stored(waits).state, stored(goes).state) == (RequestState.DECIDED, RequestState.TOLD)
    with reading() as session:
        kinds = set(session.scalars(select(Alarm.kind).where(Alarm.subject == str(waits))))
    assert "rights.due_soon" in kinds


def test_the_sweep_ends_what_nobody_proved_and_writes_to_nobody(house: House, post: Post) -> None:
    request_id = ask(house, granted=False)
    with transaction() as session:
        session.get_one(RightsRequest, request_id).due_at = utc_now() - timedelta(days=32)

    jobs.sweep_requests()

    assert stored(request_id).ground is Ground.IDENTITY_NOT_PROVEN
    assert (stored(request_id).state, post.taken) == (RequestState.TOLD, [])
    with reading() as session:
        assert list(session.scalars(select(Alarm.kind).where(Alarm.cleared_at.is_(None)))) == []


def test_the_sweep_ends_what_nobody_fetched_and_what_nobody_answered_and_mails_no_more(
    house: House, post: Post
) -> None:
    package, waits = ask(house, kind=RequestKind.ACCESS), ask(house, granted=False)
    jobs.sweep_requests()
    assert stored(package).state is RequestState.DONE
    with transaction() as session:
        request_steps.prove(
            session.get_one(RightsRequest, waits), way=ProofWay.CALLED_BACK, at=utc_now()
        )
        for one in (package, waits):
            session.get_one(RightsRequest, one).due_at -= timedelta(days=4 * 366)
        session.get_one(RightsRequest, package).decided_at = utc_now() - timedelta(days=4 * 366)
    mailed = len(post.taken)

    jobs.sweep_requests()

    assert (stored(package).state, stored(waits).state) == (RequestState.TOLD, RequestState.TOLD)
    assert stored(waits).outcome is Outcome.LAPSED
    assert len(post.taken) == mailed


def test_a_restriction_of_somebody_of_whom_nothing_is_kept_is_not_reported_as_done(
    house: House, post: Post
) -> None:
    organisation = make_organisation()
    subject = house.keyring.lookup_hash(organisation.id, "email", "a@example.org")
    with transaction() as session:
        request = requests.receive(
            session, organisation, Asker("a@example.org", subject), at=utc_now(),
            kind=RequestKind.RESTRICTION, channel=RequestChannel.WEB, keyring=house.keyring,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=utc_now())
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=utc_now())

    jobs.sweep_requests()

    assert (stored(request.id).state, post.taken) == (RequestState.DECIDED, [])


def test_a_caller_who_is_no_customer_is_frozen_by_the_number_they_called_from(
    house: House, post: Post
) -> None:
    organisation = make_organisation()
    make_call(organisation.id, caller="+46701740606")
    subject = house.keyring.lookup_hash(organisation.id, "phone", "+46701740606")
    with transaction() as session:
        request = requests.receive(
            session, organisation, Asker("+46701740606", subject), at=utc_now(),
            kind=RequestKind.RESTRICTION, channel=RequestChannel.WEB, keyring=house.keyring,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=utc_now())
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=utc_now())

    jobs.sweep_requests()

    assert stored(request.id).state is RequestState.DONE
    with reading() as session:
        (frozen,) = session.scalars(select(Restriction)).all()
        assert (frozen.customer_id, frozen.subject_hash) == (None, subject)
        assert (frozen.cause, frozen.review_at) == ("accuracy_disputed", stored(request.id).due_at)


def test_a_restriction_of_a_customer_is_done_and_answered(house: House, post: Post) -> None:
    request_id = ask(house, kind=RequestKind.RESTRICTION)

    jobs.sweep_requests()

    with reading() as session:
        (frozen,) = session.scalars(select(Restriction)).all()
    assert (frozen.cause, stored(request_id).state) == ("accuracy_disputed", RequestState.TOLD)


def test_the_job_mails_the_code(house: House, post: Post) -> None:
    request_id = ask(house, granted=False)

    jobs.send_identity_code(str(request_id))  # type: ignore[arg-type]

    assert [mail["To"] for mail in post.taken] == [ADDRESS]


@pytest.mark.parametrize("reason", ExtensionReason)
def test_that_it_takes_longer_is_told_once_with_the_reason_and_the_day(
    house: House, post: Post, reason: ExtensionReason
) -> None:
    request_id = ask(house, granted=False)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.extend(session, found, reason=reason, at=utc_now())

    jobs.sweep_requests()
    jobs.sweep_requests()

    (mail,) = post.taken
    text = " ".join(str(mail.get_content()).split())
    assert ANSWER["en"].extensions[reason] in text
    assert f"{stored(request_id).due_at:%Y-%m}" in text
    assert stored(request_id).extension_told_at is not None
    assert stored(request_id).state is RequestState.RECEIVED


def extend(request_id: UUID) -> None:
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=utc_now())


def alarms_about(request_id: UUID) -> set[str]:
    with reading() as session:
        return set(
            session.scalars(
                select(Alarm.kind).where(
                    Alarm.subject == str(request_id), Alarm.cleared_at.is_(None)
                )
            )
        )


def test_that_it_takes_longer_is_told_also_of_what_is_decided_and_cannot_be_done_yet(
    house: House, post: Post
) -> None:
    person = leave_traces(house)
    waits = ask(house, customer=person.customer)
    with transaction() as session:
        session.scalars(select(Attempt)).one().state = AttemptState.PLACED
    extend(waits)

    jobs.sweep_requests()
    jobs.sweep_requests()

    (mail,) = post.taken
    assert ANSWER["en"].extensions[ExtensionReason.COMPLEX] in " ".join(
        str(mail.get_content()).split()
    )
    assert stored(waits).state is RequestState.DECIDED
    assert stored(waits).extension_told_at is not None
    assert request_steps.LONGER_NOT_TOLD not in alarms_about(waits)


def test_whoever_is_answered_at_once_is_not_told_that_it_takes_longer(
    house: House, post: Post
) -> None:
    request_id = ask(house)
    extend(request_id)

    jobs.carry_out_request(str(request_id))  # type: ignore[arg-type]

    (mail,) = post.taken
    assert ANSWER["en"].extensions[ExtensionReason.COMPLEX] not in " ".join(
        str(mail.get_content()).split()
    )
    assert (stored(request_id).state, alarms_about(request_id)) == (RequestState.TOLD, set())


def test_where_nobody_can_be_mailed_that_it_takes_longer_an_alarm_asks_for_somebody_to_tell_them(
    house: House, post: Post
) -> None:
    request_id = ask(house, granted=False)
    with transaction() as session:
        session.scalars(select(Customer)).one().email_sealed = None
    extend(request_id)

    jobs.sweep_requests()

    assert request_steps.LONGER_NOT_TOLD in alarms_about(request_id)
    assert (stored(request_id).extension_told_at, post.taken) == (None, [])
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.tell_longer(session, found, at=utc_now())
    jobs.sweep_requests()
    assert request_steps.LONGER_NOT_TOLD not in alarms_about(request_id)


def test_a_house_without_a_mail_server_asks_for_somebody_to_tell_that_it_takes_longer(
    settings: Settings,
) -> None:
    house = open_house(settings.model_copy(update={"mail_url": None}), patient=True)
    request_id = ask(house, granted=False)
    extend(request_id)

    sent = extension_mail.send(request_id, house=house, now=utc_now())

    assert not sent
    assert request_steps.LONGER_NOT_TOLD in alarms_about(request_id)
    close_house()


def test_what_the_mail_server_refuses_of_a_longer_time_was_not_told_and_is_tried_once(
    house: House, post: Post
) -> None:
    request_id = ask(house, granted=False)
    extend(request_id)
    post.says = ["550 no such person"]

    jobs.sweep_requests()
    jobs.sweep_requests()

    assert (post.taken, stored(request_id).extension_told_at) == ([], None)
    assert request_steps.LONGER_NOT_TOLD in alarms_about(request_id)


def test_an_answer_that_comes_in_time_says_nothing_of_a_longer_time(
    house: House, post: Post
) -> None:
    request_id = ask(house)

    assert not extension_mail.send(request_id, house=house, now=utc_now())


def test_a_stranger_is_written_to_at_the_address_they_gave(house: House, post: Post) -> None:
    organisation = make_organisation()
    subject = house.keyring.lookup_hash(organisation.id, "email", "a@example.org")
    with transaction() as session:
        request = requests.receive(
            session, organisation, Asker("a@example.org", subject), at=utc_now(),
            kind=RequestKind.INFORMATION, channel=RequestChannel.WEB, keyring=house.keyring,
        )  # fmt: skip
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=utc_now())

    jobs.carry_out_request(str(request.id))  # type: ignore[arg-type]

    assert [mail["To"] for mail in post.taken] == ["a@example.org"]
