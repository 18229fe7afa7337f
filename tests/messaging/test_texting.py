"""After a machine a text: decided like any contact, sent once whatever breaks, told in any way."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from messaging import text_orders, text_reconcile, texting
from messaging.text_parts import parts_of
from privacy import access_rows, erasing
from privacy.persons import Person
from storage.faults import TryAgain
from storage.house import House, house, reading, transaction, utc_now
from storage.provider_faults import (
    ProviderAway,
    ProviderBusy,
    ProviderRefusesUs,
    ProviderSaysNo,
    RecipientOptedOut,
)
from storage.receipts import Receipt, Way, What
from storage.states import (
    AttemptMethod,
    AttemptState,
    CampaignState,
    Disposition,
    InvitationState,
    TextState,
)
from storage.states import InvitationEventKind as Kind
from storage.tables import (
    Alarm,
    Attempt,
    Customer,
    Invitation,
    InvitationEvent,
    Objection,
    PermissionDecision,
    ProviderCopy,
    SentText,
    Spending,
    SurveyVersion,
)
from survey import claims, objections, permission_words, preview, restrictions
from survey.objections import Source
from survey.permission import Method, Rule
from survey.permission_commands import permissions_group
from survey.preview import Listed
from survey.tally import Judged, Prospect
from tests.messaging.conftest import LINE, Texter
from tests.messaging.exchange import (
    PERSON,
    Texts,
    a_machine_answered,
    campaign_of,
    lies_there,
    rules,
)

Clock = time_machine.Traveller
SID = f"SM{1:032x}"


@pytest.fixture
def provider(texter: Texter) -> Texts:
    """The lender texts after a machine, and a machine answered for one customer."""
    rules()
    a_machine_answered(now=utc_now())
    return Texts()


def send(provider: Any) -> int:
    return texting.send_due(provider=provider, clock=utc_now, most=20)


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def last(table: Any) -> Any:
    return rows(table)[-1]


def invitation() -> Invitation:
    found: Invitation = last(Invitation)
    return found


def by_text() -> list[Attempt]:
    return [one for one in rows(Attempt) if one.method is AttemptMethod.SMS]


def status(texter: Texter, word: str, *, sid: str = SID, signed: bool = True, **more: str) -> int:
    """The provider tells what became of the last text."""
    path = f"/sms/status/{last(SentText).token}"
    form = {"MessageSid": sid, "MessageStatus": word, "To": PERSON, "From": LINE} | more
    key = house().settings.webhook_keys[0] if signed else "somebody else's"
    signature = RequestValidator(key).compute_signature(
        house().settings.public_base_url + path, form
    )
    answer = texter.client.post(path, data=form, headers={"X-Twilio-Signature": signature})
    return answer.status_code


def alarms() -> set[str]:
    return {one.kind for one in rows(Alarm) if one.cleared_at is None}


def test_the_dialler_leaves_them_alone_and_the_text_says_who_why_and_how_to_say_no(
    provider: Texts,
) -> None:
    with transaction() as session:
        assert claims.claim_due(session, now=utc_now(), limit=10).invitations == []

    assert send(provider) == 1

    (order,) = provider.asked
    assert (order.to, order.from_) == (PERSON, LINE)
    assert order.body.startswith("Exempelkredit: Vi ringde dig men nådde dig inte.")
    for part in ("hur vi har hanterat ditt ärende", "+46 8 465 004 00", "STOPP"):
        assert part in order.body
    (attempt,) = by_text()
    assert (attempt.state, last(SentText).state) == (AttemptState.PLACED, TextState.TAKEN)
    decision = next(one for one in rows(PermissionDecision) if one.id == attempt.decision_id)
    assert permission_words.in_words(decision) == "May be texted: not marketing."


def test_it_is_committed_before_the_provider_is_asked(provider: Texts) -> None:
    seen: list[TextState] = []
    provider.before = lambda: seen.append(last(SentText).state)

    send(provider)

    assert seen == [TextState.ASKING]


def test_what_was_said_is_sealed_and_opens_again(provider: Texts) -> None:
    send(provider)

    text = last(SentText)
    assert provider.asked[0].body.encode() not in text.body_sealed
    opened = house().keyring.open(text.id, text_orders.BODY, text.body_sealed)
    assert opened == provider.asked[0].body


@pytest.mark.parametrize(
    "told", [("queued", "sent", "delivered"), ("delivered", "sent"), ("delivered", "delivered")]
)
def test_in_whatever_order_and_however_often_it_is_told_it_arrived_once(
    provider: Texts, texter: Texter, told: tuple[str, ...]
) -> None:
    send(provider)

    assert {status(texter, word) for word in told} == {204}

    (attempt,) = by_text()
    assert (attempt.state, attempt.disposition) == (AttemptState.ENDED, Disposition.TEXTED)
    assert last(SentText).state is TextState.DELIVERED
    kinds = [one.kind for one in rows(InvitationEvent) if one.attempt_id == attempt.id]
    assert sorted(kinds) == [Kind.TEXTED, Kind.TRIED]
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_after_a_text_nobody_is_contacted_again_and_the_matter_stays_open_for_a_call_back(
    provider: Texts, texter: Texter, clock: Clock
) -> None:
    send(provider)
    status(texter, "delivered")

    found = invitation()
    assert (found.state, found.due_at) == (InvitationState.TRYING, found.expires_at)
    clock.shift(timedelta(days=1))
    assert send(provider) == 0
    with transaction() as session:
        assert claims.claim_due(session, now=utc_now(), limit=10).invitations == []


def test_a_stop_in_answer_to_the_text_ends_everything_and_nothing_more_goes_out(
    provider: Texts, texter: Texter
) -> None:
    send(provider)
    status(texter, "delivered")

    (answer,) = texter.text("STOPP")
    later = utc_now() + timedelta(hours=2)
    with transaction() as session:
        called = claims.claim_due(session, now=later, limit=10).invitations
    texted = texting.send_due(provider=provider, clock=lambda: later, most=20)

    assert "Vi kontaktar dig inte mer" in answer
    assert [(one.method, one.source) for one in rows(Objection)] == [("all", "sms")]
    assert invitation().state is InvitationState.WITHDRAWN
    assert (called, texted, len(provider.asked)) == ([], 0, 1)


def test_a_stop_that_comes_before_the_text_went_out_keeps_it_in(
    provider: Texts, texter: Texter
) -> None:
    texter.text("STOPP")

    assert send(provider) == 0
    assert (provider.asked, invitation().state) == ([], InvitationState.WITHDRAWN)


def test_a_text_that_could_not_be_delivered_is_followed_by_what_the_file_says(
    provider: Texts, texter: Texter
) -> None:
    send(provider)
    status(texter, "sent")

    status(texter, "undelivered", ErrorCode="30006")

    (attempt,) = by_text()
    assert (attempt.disposition, attempt.error_code) == (Disposition.FAILED, "30006")
    found = invitation()
    assert (found.state, found.next_by) == (InvitationState.TRYING, None)
    assert found.due_at == attempt.ended_at + timedelta(hours=1)


def test_nobody_but_the_provider_tells_what_became_of_a_text(
    provider: Texts, texter: Texter
) -> None:
    send(provider)

    assert status(texter, "delivered", signed=False) == 403
    assert last(SentText).state is TextState.TAKEN


def test_a_second_message_under_one_token_is_an_alarm_and_changes_nothing(
    provider: Texts, texter: Texter
) -> None:
    send(provider)

    assert status(texter, "undelivered", sid="SM" + "9" * 32) == 204

    assert (last(SentText).state, alarms()) == (TextState.TAKEN, {"text.sent_twice"})


def test_an_answer_that_comes_after_the_callback_changes_nothing(
    provider: Texts, texter: Texter
) -> None:
    provider.before = lambda: status(texter, "delivered") and None

    send(provider)

    assert last(SentText).state is TextState.DELIVERED


def _objects(session: Any, customer: Customer) -> None:
    objections.record(session, customer, Method.SMS, source=Source.LETTER, at=utc_now())


def _objects_to_all(session: Any, customer: Customer) -> None:
    objections.record(session, customer, Method.ALL, source=Source.LETTER, at=utc_now())


def _is_frozen(session: Any, customer: Customer) -> None:
    why = restrictions.Cause.ACCURACY_DISPUTED
    restrictions.restrict(session, customer, cause=why, at=utc_now(), review_at=None)


def _is_paused(session: Any, _: Customer) -> None:
    campaign_of(session).state = CampaignState.PAUSED


@pytest.mark.parametrize(
    ("what", "state"),
    [
        (_objects, InvitationState.WITHDRAWN),
        (_objects_to_all, InvitationState.WITHDRAWN),
        (_is_frozen, InvitationState.TRYING),
        (_is_paused, InvitationState.TRYING),
    ],
)
def test_somebody_who_may_not_be_texted_is_not(
    provider: Texts, what: Any, state: InvitationState
) -> None:
    with transaction() as session:
        what(session, session.scalars(select(Customer)).one())

    assert send(provider) == 0

    assert (provider.asked, by_text(), invitation().state) == ([], [], state)


def test_at_night_a_text_waits_for_the_morning(provider: Texts, clock: Clock) -> None:
    clock.shift(timedelta(hours=12))

    assert send(provider) == 0

    assert invitation().due_at > utc_now()
    clock.move_to(invitation().due_at + timedelta(minutes=1))
    assert send(provider) == 1


def test_each_part_counts_against_the_ceiling_from_the_beginning(provider: Texts) -> None:
    rules(ceiling={"per_day": "100"})
    before = sum(one.micros for one in rows(Spending))

    send(provider)

    parts = parts_of(provider.asked[0].body)
    assert parts > 1
    assert last(SentText).parts == parts
    assert by_text()[0].cost_micros == parts * 500_000
    assert sum(one.micros for one in rows(Spending)) - before == parts * 500_000


def test_under_unchanged_files_a_text_is_replayed_at_its_own_price_and_not_at_a_calls(
    provider: Texts,
) -> None:
    spent = sum(one.micros for one in rows(Spending)) // 1_000_000
    # Enough for the text, and not for a call of the longest.
    price = {"currency": "SEK", "per_call": "0.10", "per_minute": "0.45", "per_sms": "0.50"}
    rules(ceiling={"per_day": f"{spent + 3}"}, price=price)
    assert send(provider) == 1

    told = CliRunner().invoke(permissions_group, ["replay"], catch_exceptions=False).stdout

    assert "today: refused" not in told
    assert "0 would be decided otherwise" in told.partition("consumer-credit")[2]


def test_a_text_that_could_pass_the_ceiling_waits_for_tomorrow(provider: Texts) -> None:
    # One part would do; the text has more.
    rules(ceiling={"per_day": "0.90"}, price={"currency": "SEK", "per_sms": "0.80"})

    assert send(provider) == 0

    decision = last(PermissionDecision)
    assert (decision.method, decision.rule) == ("sms", "ceiling_of_day")


def test_a_busy_provider_has_the_line_left_alone_and_nobody_loses_an_attempt(
    provider: Texts, clock: Clock
) -> None:
    provider.faults = [ProviderBusy("later", code="20429", after_seconds=30)]

    assert send(provider) == 0

    assert len(provider.asked) == 1
    (attempt,) = by_text()
    assert (attempt.disposition, attempt.cost_micros) == (Disposition.GIVEN_BACK, 0)
    assert send(provider) == 0  # held
    as_after_a_while()
    assert send(provider) == 1


def as_after_a_while() -> None:
    """The database's clock says that no line is held any more."""
    from storage.tables import LinePace

    with transaction() as session:
        for pace in session.scalars(select(LinePace)):
            pace.held_until = None


def test_a_provider_that_refuses_our_account_stops_the_campaign_with_an_alarm(
    provider: Texts,
) -> None:
    provider.faults = [ProviderRefusesUs("no", code="20003")]

    assert send(provider) == 0

    with reading() as session:
        found = campaign_of(session)
        assert (found.state, found.state_reason) == (CampaignState.PAUSED, "provider_refuses_us")
    assert alarms() == {"provider.refuses_us"}
    assert by_text()[0].disposition is Disposition.GIVEN_BACK


def test_a_number_that_takes_no_texts_is_not_tried_by_text_again(provider: Texts) -> None:
    provider.faults = [ProviderSaysNo("no", code="21614")]

    assert send(provider) == 0

    (attempt,) = by_text()
    assert (attempt.disposition, attempt.error_code) == (Disposition.FAILED, "21614")
    assert (invitation().next_by, attempt.cost_micros) == (None, 0)


@pytest.mark.conformance("C-SMS-1")
def test_somebody_who_told_the_provider_to_stop_us_is_left_in_peace_here_too(
    provider: Texts,
) -> None:
    provider.faults = [RecipientOptedOut("no", code="21610")]

    assert send(provider) == 0

    assert {(one.method, one.source) for one in rows(Objection)} == {("all", "sms")}
    assert invitation().state is InvitationState.WITHDRAWN


def dies(provider: Texts) -> None:
    """A process commits that it asks, asks or not, and is gone."""
    with transaction() as session:
        assert text_orders.claim(session, now=utc_now()).order is not None


def reconcile(provider: Any) -> int:
    return text_reconcile.reconcile(provider=provider, now=utc_now())


def test_a_process_that_died_after_asking_leaves_one_text_which_is_found(
    provider: Texts, clock: Clock
) -> None:
    dies(provider)
    provider.lying = [lies_there(SID, "delivered", price_micros=420_000, currency="SEK")]

    clock.shift(timedelta(minutes=3))
    assert send(provider) == 0  # in doubt nobody is texted
    reconcile(provider)

    text = last(SentText)
    assert (text.provider_sid, text.state) == (SID, TextState.DELIVERED)
    assert (by_text()[0].disposition, by_text()[0].cost_micros) == (Disposition.TEXTED, 420_000)
    clock.shift(timedelta(days=1))
    assert (send(provider), provider.asked) == (0, [])


def test_a_process_that_died_before_asking_has_the_text_decided_and_sent_anew(
    provider: Texts, clock: Clock
) -> None:
    dies(provider)

    clock.shift(timedelta(minutes=3))
    reconcile(provider)
    clock.shift(timedelta(minutes=2))
    assert send(provider) == 1

    assert [one.disposition for one in by_text()] == [Disposition.NEVER_PLACED, None]
    assert len({one.decision_id for one in by_text()}) == 2


def test_when_no_answer_came_the_provider_is_asked_and_never_texted_again_on_a_guess(
    provider: Texts, clock: Clock
) -> None:
    provider.faults = [ProviderAway("silence", may_have_happened=True, code="ReadTimeout")]
    assert send(provider) == 1
    assert last(SentText).state is TextState.UNCERTAIN

    clock.shift(timedelta(minutes=1))
    reconcile(provider)
    assert last(SentText).state is TextState.UNCERTAIN  # its lists lag behind
    provider.lying = [lies_there(SID), lies_there("SM" + "8" * 32)]
    clock.shift(timedelta(minutes=2))
    reconcile(provider)

    assert (last(SentText).state, alarms()) == (TextState.TAKEN, {"text.sent_twice"})
    assert len(provider.asked) == 1


def test_a_text_of_which_nothing_is_told_is_asked_about_and_given_up_after_two_hours(
    provider: Texts, clock: Clock
) -> None:
    send(provider)
    provider.lying = [lies_there(SID, "sent")]

    clock.shift(timedelta(minutes=10))
    reconcile(provider)
    assert last(SentText).state is TextState.TAKEN
    clock.shift(timedelta(hours=2))
    reconcile(provider)

    assert last(SentText).state is TextState.UNTOLD
    assert by_text()[0].disposition is Disposition.TEXTED
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_a_provider_that_is_away_keeps_no_other_text_from_being_settled(
    provider: Texts, clock: Clock
) -> None:
    class Away(Texts):
        def find_messages(self, **_: Any) -> Any:
            raise TryAgain("away", code="away")

    dies(provider)
    clock.shift(timedelta(minutes=3))

    assert reconcile(Away()) == 1
    assert last(SentText).state is TextState.ASKING


def test_a_survey_without_a_way_to_say_no_texts_nobody(provider: Texts, house: House) -> None:
    from storage.tables import SurveyVersion

    with transaction() as session:
        version = session.get_one(SurveyVersion, campaign_of(session).survey_version_id)
        before = version.document["phrases"]
        phrases = {
            tag: said | {"text_call_back": "Call {number}!"}
            for tag, said in version.document["phrases"].items()
        }
        version.document = version.document | {"phrases": phrases}

    assert send(provider) == 0

    assert (provider.asked, alarms()) == ([], {"text.not_made"})
    assert invitation().due_at > utc_now()

    with transaction() as session:
        version = session.get_one(SurveyVersion, campaign_of(session).survey_version_id)
        version.document = version.document | {"phrases": before}
        session.scalars(select(Invitation)).one().due_at = utc_now()
    send(provider)
    assert (len(provider.asked), alarms()) == (1, set())


def test_a_file_changed_since_has_them_called_instead(provider: Texts) -> None:
    rules(retry={"machine": {"after": "1 hour", "times": 1}})

    assert send(provider) == 0

    found = invitation()
    assert (found.next_by, found.due_at <= utc_now()) == (None, True)


def test_the_person_gets_to_read_what_they_were_texted(provider: Texts) -> None:
    send(provider)

    with reading() as session:
        customer = session.scalars(select(Customer)).one()
        person = Person(customer.organisation_id, customer.id, (customer.phone_hash or b"",))
        kept = access_rows.read(session, person, keyring=house().keyring, mask=lambda text, _: text)

        version = session.get_one(SurveyVersion, campaign_of(session).survey_version_id)
        named = f"{version.survey_key} {version.number}"
    rung, texted = kept.cases[0]["attempts"]
    assert (rung.get("text"), texted["text"]) == (None, provider.asked[0].body)
    # Also once the operator has changed the wording: what counts is what the person got.
    assert (last(SentText).survey_version_id, texted["wording"]) == (version.id, named)


@pytest.mark.conformance("C-DEL-3")
def test_with_the_answers_the_text_goes_its_key_and_the_providers_copy(provider: Texts) -> None:
    send(provider)
    text = last(SentText)

    erasing.erase(
        Receipt(
            what=What.PURGED, happened_at=utc_now(),
            organisation_id=text.organisation_id, kind="answers",
        ),
        Invitation, [invitation().id], Way.REMOVE,
        hands=erasing.hands_of(house()), now=utc_now(),
    )  # fmt: skip

    assert (rows(SentText), rows(Attempt)) == ([], [])
    assert set(house().keyring.keys([text.id])) == set()
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


def test_the_preview_judges_whoever_is_texted_next_by_the_rules_for_texts(
    provider: Texts, texter: Texter
) -> None:
    def judged() -> Judged:
        found: list[Listed] = []
        preview.preview(
            house(), organisation="consumer-credit", campaign="after-case", at=utc_now(),
            each=found.append,
        )  # fmt: skip
        (one,) = found
        return one.judged

    before = judged()
    send(provider)
    status(texter, "delivered")
    after = judged()

    assert (before.prospect, before.decision.facts.method) == (Prospect.TEXTED, Method.SMS)
    assert (after.prospect, after.decision.rule) == (Prospect.NEVER, Rule.NO_ATTEMPTS_LEFT)
