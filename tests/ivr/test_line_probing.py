"""A probe rings the operator's own telephone once, says what came back, and is no attempt."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import func, select

from ivr import line_commands, line_probing, probe_words
from storage import permits
from storage.asked_states import AskedPurpose, ShownNumber
from storage.house import house, reading, transaction, utc_now
from storage.identity import new_id
from storage.permits import AskedFor, WrongPermitError
from storage.provider import AskedCall, CallAtProvider, PlacedCall
from storage.provider_faults import ProviderAway, ProviderBusy, ProviderSaysNo
from storage.states import AttemptMethod, CallState
from storage.tables import (
    Attempt,
    Campaign,
    FunnelCell,
    InvitationEvent,
    LineProbe,
    ProviderCopy,
    Spending,
    User,
)
from survey import line_probes, objections, restrictions
from survey.line_probes import ProbeRule, Wish
from survey.objections import Source
from survey.permission import Method
from survey.places import find_organisation
from survey.restrictions import Cause
from tests.accounts import call_account
from tests.ivr.conftest import LINE, PERSON, Handset, rows, the

Telephone = Any
Clock = time_machine.Traveller
SID = "CA" + "7" * 32
OWN = "+46701740699"
PRICE = {"currency": "SEK", "per_call": "0.10", "per_minute": "0.45"}
HIGHEST = 1_450_000  # three minutes


class Provider:
    """Does as it is told; `then` happens while the call is under way."""

    def __init__(self) -> None:
        self.asked: list[AskedCall] = []
        self.fault: Exception | None = None
        self.lying: list[CallAtProvider] = []
        self.then: Callable[[], None] = lambda: None

    def call_asked_for(self, order: AskedCall, paper: AskedFor) -> PlacedCall:
        permits.require_asked(paper, AttemptMethod.CALL, order.to, purpose=order.purpose)
        self.asked.append(order)
        if self.fault is not None:
            raise self.fault
        return PlacedCall(SID, "queued")

    def find_calls(self, **_: Any) -> tuple[CallAtProvider, ...]:
        return tuple(self.lying)

    def fetch_call(self, sid: str) -> CallAtProvider | None:
        then, self.then = self.then, lambda: None
        then()
        return next((one for one in self.lying if one.sid == sid), None)

    def ends(self, status: str, seconds: int | None = None, sid: str = SID) -> None:
        self.lying = [CallAtProvider(sid, status, "outbound-api", None, seconds, None, None, None)]


@pytest.fixture
def clock(telephone: Telephone) -> Iterator[Clock]:
    """Stands still unless told otherwise."""
    with time_machine.travel(utc_now(), tick=False) as moved:
        yield moved


@pytest.fixture
def provider(telephone: Telephone) -> Provider:
    with transaction() as session:
        for one in session.scalars(select(Campaign)):
            one.rules = one.rules | {"price": PRICE, "ceiling": {"per_day": "100"}}
        user = User(id=new_id(), password_hash="-", created_at=utc_now())
        session.add(user)
    call_account(user.id, "eva")
    return Provider()


def wish(to: str = OWN) -> Wish:
    with reading() as session:
        owner = find_organisation(session, "consumer-credit")
        line = line_probes.find_line(session, owner, LINE)
        payer = line_probes.payer(session, owner, line, None)
        return Wish(owner, line, payer, session.scalars(select(User)).one(), to)


def probe(provider: Provider, clock: Clock, to: str = OWN, **settings: Any) -> LineProbe:
    changed = house().settings.model_copy(update=settings)
    at = replace(house(), provider=provider, settings=changed)  # type: ignore[type-var]
    return line_probing.probe(
        wish(to), house=at, clock=utc_now, pause=lambda seconds: clock.shift(seconds)
    )


def said(found: LineProbe) -> str:
    return probe_words.result(found, number=LINE)


def spent() -> int:
    return sum(one.micros for one in rows(Spending))


class Hand(Handset):
    """The telephone that is rung, by the provider's webhooks."""

    def answer(self, **form: str) -> "Hand":
        self.document = self.post(f"/probe/{self.token}", CallStatus="in-progress", **form)
        return self

    def key(self, digits: str) -> "Hand":
        self.document = self.post(f"/probe/{self.token}/keys", Digits=digits)
        return self

    def over(self, state: str, **form: str) -> int:
        path = f"/probe/{self.token}/status"
        return self.post(path, CallStatus=state, SequenceNumber="3", **form).status


def hand(telephone: Telephone) -> Hand:
    return Hand(telephone.client, the(LineProbe).token, sid=SID, To=OWN)


@pytest.mark.parametrize(
    ("key", "shown", "words"),
    [
        ("1", ShownNumber.OURS, f"the telephone showed {LINE}"),
        ("2", ShownNumber.ANOTHER, f"the telephone did not show {LINE}: a network"),
        ("9", None, "nobody said by key"),
    ],
)
def test_an_answered_probe_says_after_how_long_and_which_number_was_shown(
    telephone: Telephone,
    provider: Provider,
    clock: Clock,
    key: str,
    shown: ShownNumber | None,
    words: str,
) -> None:
    def picks_up() -> None:
        assert spent() == HIGHEST
        clock.shift(6)
        heard = hand(telephone).answer()
        assert "+46 8 465 004 00" in heard.document.says[0]
        heard.key(key)
        # The first answer stands.
        heard.key("2" if shown is ShownNumber.OURS else key)
        assert heard.over("completed", CallDuration="61") == 204
        assert heard.over("completed", CallDuration="61") == 204

    provider.then = picks_up
    found = probe(provider, clock)

    assert (found.state, found.shown, found.seconds) == (CallState.COMPLETED, shown, 61)
    assert words in said(found)
    assert said(found).startswith("answered 6 seconds after it was asked for, 61 seconds of talk; ")
    assert [(one.to, one.from_) for one in provider.asked] == [(OWN, LINE)]
    # Two begun minutes, and no step of anybody's.
    assert (found.cost_micros, spent()) == (1_000_000, 1_000_000)
    with reading() as session:
        for table in (Attempt, InvitationEvent, FunnelCell):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert [one.delete_at is not None for one in rows(ProviderCopy)] == [True]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("busy", "busy: the way to the telephone is open"),
        ("no-answer", "not answered. If the telephone did not ring, a network"),
        ("failed", "not put through: the provider found no way"),
        ("completed", "answered, and nothing was heard in it"),
    ],
)
def test_without_callbacks_the_provider_is_asked_how_it_ended(
    provider: Provider, clock: Clock, status: str, words: str
) -> None:
    provider.then = lambda: provider.ends(status, 0)

    found = probe(provider, clock)

    assert said(found).startswith(words)
    assert (len(provider.asked), spent()) == (1, 100_000)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ProviderSaysNo("no", code="21210"), "(code 21210): the line's number is not ours"),
        (ProviderSaysNo("no", code="29999"), "(code 29999): look the code up at the provider"),
        (ProviderBusy("later", code="20429"), "(code 20429): the provider has too many requests"),
    ],
)
def test_a_refusal_is_told_with_its_code_and_what_to_do_and_costs_nothing(
    provider: Provider, clock: Clock, fault: Exception, words: str
) -> None:
    provider.fault = fault

    found = probe(provider, clock)

    assert words in said(found)
    assert (found.state, found.cost_micros, spent()) == (CallState.FAILED, 0, 0)


def test_when_no_answer_came_the_call_is_looked_for_and_never_asked_for_again(
    provider: Provider, clock: Clock
) -> None:
    provider.fault = ProviderAway("silence", may_have_happened=True, code="ReadTimeout")
    lost = probe(provider, clock)
    provider.ends("busy")
    found = probe(provider, clock)
    # A call that is known as another probe's is not this one's.
    other = probe(provider, clock)

    assert said(lost).startswith("nobody knows whether it rang")
    assert lost.cost_micros == HIGHEST
    assert (found.state, found.provider_sid) == (CallState.BUSY, SID)
    assert said(other).startswith("nobody knows whether it rang")
    assert len(provider.asked) == 3


def test_a_process_that_died_leaves_a_probe_that_callbacks_or_the_sweep_end(
    telephone: Telephone, provider: Provider, clock: Clock
) -> None:
    """Committed before the provider is asked; whatever dies then, nobody is rung again."""

    class Killed(BaseException):
        pass

    provider.fault = Killed()  # type: ignore[assignment]
    with pytest.raises(Killed):
        probe(provider, clock)
    heard = hand(telephone).answer()
    assert the(LineProbe).state is CallState.IN_PROGRESS
    clock.shift(timedelta(minutes=5))
    assert line_probing.look_after(provider=provider, now=utc_now()) == 1  # type: ignore[arg-type]

    assert the(LineProbe).error_code == "not_told"
    assert "nobody told what became of it" in said(the(LineProbe))
    assert heard.over("completed", CallDuration="9") == 204
    assert line_probing.look_after(provider=provider, now=utc_now()) == 0  # type: ignore[arg-type]
    assert len(provider.asked) == 1


def objects(telephone: Telephone) -> None:
    with transaction() as session:
        owner = find_organisation(session, "consumer-credit").id
        known = house().keyring.lookup_hash(owner, "phone", OWN)
        objections.record_hashes(
            session, owner, (known,), method=Method.CALLS, source=Source.COMMAND, at=utc_now()
        )


def is_frozen(telephone: Telephone) -> None:
    with transaction() as session:
        owner = find_organisation(session, "consumer-credit").id
        known = house().keyring.lookup_hash(owner, "phone", OWN)
        restrictions.restrict_caller(
            session, owner, cause=Cause.NEEDED_FOR_CLAIM, at=utc_now(), review_at=None,
            subject_hash=known,
        )  # fmt: skip


def is_poor(telephone: Telephone) -> None:
    with transaction() as session:
        for one in session.scalars(select(Campaign)):
            one.rules = one.rules | {"ceiling": {"per_day": "1.44"}}


@pytest.mark.parametrize(
    ("before", "to", "allowed", "rule"),
    [
        (lambda telephone: telephone.invite(), PERSON, (), ProbeRule.IS_CUSTOMER),
        (objects, OWN, (), ProbeRule.OBJECTION),
        (is_frozen, OWN, (), ProbeRule.RESTRICTED),
        (is_poor, OWN, (), ProbeRule.CEILING),
        (lambda _: None, "+4915112345678", (), ProbeRule.LINE_NOT_FOR_COUNTRY),
        (lambda _: None, OWN, (PERSON,), ProbeRule.NOT_ON_ALLOW_LIST),
        (lambda _: None, "+467", (), ProbeRule.NUMBER_NOT_VALID),
    ],
)
def test_whoever_may_not_be_rung_is_not_and_the_decision_is_kept_with_who_wanted_it(
    telephone: Telephone,
    provider: Provider,
    clock: Clock,
    before: Callable[[Any], Any],
    to: str,
    allowed: tuple[str, ...],
    rule: ProbeRule,
) -> None:
    before(telephone)

    found = probe(provider, clock, to, allowed_numbers=allowed)

    assert (found.allowed, found.rule, provider.asked) == (False, rule.value, [])
    assert said(found) == f"not rung: {probe_words.REFUSED[rule]} (rule: {rule})"
    assert (found.started_by, found.cost_micros) == (the(User).id, 0)
    assert to not in str(found.facts)


def test_the_paper_is_for_a_probe_of_that_number_alone(provider: Provider) -> None:
    with transaction() as session:
        _, paper = line_probes.begin(
            session, wish(), keyring=house().keyring, allowed_numbers=(), now=utc_now()
        )

    assert permits.require_asked(paper, AttemptMethod.CALL, OWN, purpose=AskedPurpose.PROBE)
    for to, purpose in ((PERSON, AskedPurpose.PROBE), (OWN, AskedPurpose.DATA)):
        with pytest.raises(WrongPermitError):
            permits.require_asked(paper, AttemptMethod.CALL, to, purpose=purpose)


def run(*arguments: str) -> Any:
    place = ("--organisation", "consumer-credit")
    return CliRunner().invoke(line_commands.lines_group, [*arguments, *place])


def test_the_list_says_when_each_line_was_last_probed_and_with_what_result(
    provider: Provider, clock: Clock
) -> None:
    before = run("list").stdout
    provider.then = lambda: provider.ends("busy")
    probe(provider, clock)
    probe(provider, clock, "+467")  # refused: the line rang nobody

    assert f"{LINE}  " in before
    assert before.rstrip().endswith("after-case (running); never probed")
    assert "last probed on 10 March 2026 at 12:00: busy: the way" in run("list").stdout


@pytest.mark.parametrize(
    ("arguments", "clue"),
    [
        (("+46000", "--to", OWN, "--by", "eva"), "there is no line called '+46000'"),
        ((LINE, "--to", OWN, "--by", "nobody"), "no account called 'nobody'"),
        ((LINE, "--to", "12", "--by", "eva"), "number"),
        ((LINE, "--to", OWN, "--by", "eva", "--campaign", "x"), "no campaign called 'x'"),
    ],
)
def test_what_an_operator_got_wrong_is_one_line_and_rings_nobody(
    provider: Provider, arguments: tuple[str, ...], clue: str
) -> None:
    result = run("probe", *arguments)

    assert result.exit_code == 2
    assert clue in result.stderr
    assert rows(LineProbe) == []
