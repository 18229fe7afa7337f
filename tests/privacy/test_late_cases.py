"""Where the schedule reckons cases from collection, one that is opened late goes with its answer.

By the rules of the software house, as they are shipped: nothing of anybody for more than three
years.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from config.retention_rules import DataClass
from privacy import holds, item_ends, lateness, policies
from privacy.item_ends import Ending, Why
from privacy.schedules import schedule_of
from storage.house import House, reading, transaction
from storage.matters import CaseKind
from storage.tables import Campaign, Case, Organisation, PolicyVersion, Response, Restriction
from survey import cases
from tests.console.worlds import shipped_files, shipped_rules
from tests.privacy.test_forecast import foretold
from tests.privacy.test_holds import close, hold
from tests.privacy.test_logs_by_age import MICROSECOND, STOCKHOLM, after, count
from tests.privacy.traces import run
from tests.rows import (
    NOON,
    add,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)

DAY = timedelta(days=1)
OPENED = after("35 months") - 3 * DAY
END = after("3 years")
LAST_DAY = END.astimezone(STOCKHOLM).date()
OF = {CaseKind.COMPLAINT: DataClass.COMPLAINTS, CaseKind.FOLLOW_UP: DataClass.CASE_NOTES}
BOTH = Counter({str(one): 1 for one in OF.values()})
BY_CLOSING = {"case_notes": {"from": "event"}, "complaints": {"from": "received"}}


def software(**rules: dict[str, Any]) -> list[dict[str, Any]]:
    """What is shipped for the software house, with something else for some classes."""
    shipped = shipped_files().organisations["software"].retention
    written = [rule.model_dump(mode="json", by_alias=True) for rule in shipped]
    return [rule | rules.get(rule["class"], {}) for rule in written]


def of_both(**rule: Any) -> dict[str, dict[str, Any]]:
    return {"complaints": rule, "case_notes": rule}


def house_of(**rules: dict[str, Any]) -> Organisation:
    return make_organisation(retention=software(**rules))


def answered(owner: Organisation, *, at: datetime = NOON) -> Response:
    """Somebody's answer, of a campaign about which cases may be opened."""
    campaign = make_campaign(owner)
    with transaction() as session:
        session.get_one(Campaign, campaign.id).rules = shipped_rules()
    customer = make_customer(owner, phone=f"+46{uuid4().int % 10**9:09d}", at=at)
    return make_response(campaign, make_invitation(campaign, customer, at=at), at=at)


def opened(house: House, response: Response, *, at: datetime = OPENED) -> list[Case]:
    """A case of each kind, as staff open one, with a note about what was answered."""
    with transaction() as session:
        about = session.get_one(Response, response.id)
        return [
            cases.open_about(
                session, about, kind=kind, text="said a two", keyring=house.keyring, now=at
            )
            for kind in CaseKind
        ]


def endings(owner: Organisation, found: list[Case], *, now: datetime) -> list[Ending]:
    with reading() as session:
        rows = [session.get_one(Case, one.id) for one in found]
        return [item_ends.of_case(session, schedule_of(owner), one, now=now) for one in rows]


def going(owner: Organisation, *, now: datetime) -> dict[date, Counter[str]]:
    """On which day which cases go, by the calendar."""
    told = foretold(owner, now=now, until=END + 30 * DAY).goes
    days: dict[date, Counter[str]] = {}
    for name in BOTH:
        for day, number in told[name].items():
            days.setdefault(day, Counter())[name] += number
    return days


def taken(house: House, at: datetime, *owners: Organisation) -> list[Counter[str]]:
    """Which cases of each of these a run of the purge takes."""
    counts = run(house, at).counts
    return [
        Counter({name: n for name, n in counts.get(one.key, {}).items() if name in BOTH})
        for one in owners
    ]


def left() -> set[UUID]:
    with reading() as session:
        return set(session.scalars(select(Case.id)))


def test_a_case_opened_late_goes_three_years_after_the_answer_to_the_day(house: House) -> None:
    owner = house_of()
    found = opened(house, answered(owner))
    keys = {one.id for one in found}

    told = [(one.at, one.why, one.kept) for one in endings(owner, found, now=OPENED)]
    assert told == [(END, Why.CEILING, False)] * 2
    assert going(owner, now=OPENED) == {LAST_DAY: BOTH}
    for before in (END - DAY, END - MICROSECOND):
        run(house, before)
        assert left() == keys == set(house.keyring.keys(keys))

    assert taken(house, END, owner) == [BOTH]

    assert left() == set() == set(house.keyring.keys(keys))


def test_the_case_knows_when_its_answer_was_given_after_that_has_gone(house: House) -> None:
    """A period instead of a ceiling: neither the opening nor the closing starts it anew."""
    owner = house_of(answers={"keep": "1 year"}, **of_both(keep="3 years", ceiling=None))
    found = opened(house, answered(owner), at=after("11 months"))
    run(house, after("2 years"))
    assert (count(Response), count(Case)) == (0, 2)
    for one in found:
        close(one, at=OPENED)

    assert [one.at for one in endings(owner, found, now=OPENED)] == [END, END]
    assert going(owner, now=OPENED) == {LAST_DAY: BOTH}
    run(house, END - MICROSECOND)
    assert count(Case) == 2
    assert taken(house, END, owner) == [BOTH]


def test_with_another_start_a_case_goes_by_its_own_clock_as_before(house: House) -> None:
    owner = house_of(**BY_CLOSING)
    found = opened(house, answered(owner))
    end = after("3 years", OPENED)

    assert [one.at for one in endings(owner, found, now=OPENED)] == [end, end]
    run(house, end - MICROSECOND)
    assert count(Case) == 2
    assert taken(house, end, owner) == [BOTH]


def test_what_is_kept_until_handled_goes_when_it_is_closed(house: House) -> None:
    owner = house_of()
    found = opened(house, answered(owner))
    closed = OPENED + DAY
    for one in found:
        close(one, at=closed)

    told = [(one.at, one.why) for one in endings(owner, found, now=closed)]
    assert told == [(closed, Why.HANDLED)] * 2
    assert taken(house, closed, owner) == [BOTH]


def test_only_the_rule_keeps_an_open_case_and_then_until_it_is_closed(house: House) -> None:
    kept, plain = house_of(**of_both(extended_by=["open_matter"])), house_of()
    ours, _ = (opened(house, answered(one)) for one in (kept, plain))
    assert going(kept, now=OPENED) == {}
    assert all(one.kept for one in endings(kept, ours, now=OPENED))

    assert taken(house, END, kept, plain) == [Counter(), BOTH]

    with reading() as session:
        assert list(lateness.overdue(session, schedule_of(kept), now=END + 2 * DAY)) == []
    for one in ours:
        close(one, at=END + 9 * DAY)
    assert taken(house, END + 9 * DAY, kept) == [BOTH]


def test_a_hold_and_a_restriction_keep_it_past_the_ceiling(house: House) -> None:
    owner = house_of(**of_both(extended_by=["legal_hold"]))
    (held, other), frozen = (opened(house, answered(owner)) for _ in range(2))
    with reading() as session:
        wanted = holds.of_case(session, owner, held.id)
    hold(house, owner, wanted)
    add(
        Restriction(
            organisation_id=owner.id, customer_id=frozen[0].customer_id, cause="own_wish",
            made_at=NOON,
        )
    )  # fmt: skip
    kept = {held.id, *(one.id for one in frozen)}

    told = foretold(owner, now=OPENED, until=END)

    assert sum(told.kept_back[name] for name in BOTH) == len(kept)
    run(house, END + 9 * DAY)
    assert left() == kept
    assert other.id not in kept


def test_a_case_that_stays_past_its_ceiling_is_overdue(house: House) -> None:
    owner = house_of()
    opened(house, answered(owner))

    def late(now: datetime) -> set[str]:
        with reading() as session:
            found = {
                one.counted_as for one in lateness.overdue(session, schedule_of(owner), now=now)
            }
        return found & BOTH.keys()

    assert late(END + DAY - MICROSECOND) == set()
    assert late(END + DAY) == BOTH.keys()


def test_a_preview_tells_which_cases_go_sooner_and_asks_for_a_second_person(house: House) -> None:
    owner = house_of(**BY_CLOSING)
    opened(house, answered(owner))
    proposed = PolicyVersion(number=2, rules=software())

    with reading() as session:
        mine = session.get_one(Organisation, owner.id)
        found = policies.preview(session, mine, proposed, now=END)

    assert found.needs_another
    told = {one.counted_as: (one.goes, one.would_go) for one in found.effects}
    assert {name: told[name] for name in BOTH} == dict.fromkeys(BOTH, (0, 1))


def test_each_day_of_the_calendar_is_what_the_purge_takes_on_it(house: House) -> None:
    """Answered on several days, opened on several, closed or not; by a ceiling and by a period."""
    apart: Any = {"answers": {"keep": "9 years"}, "contact_log": {"keep": "9 years"}}
    by_period = of_both(keep="3 years", ceiling=None)
    owners = house_of(**apart), house_of(**apart, **by_period)
    for owner in owners:
        for nth in range(3):
            found = opened(house, answered(owner, at=NOON + nth * DAY), at=OPENED - nth * DAY)
            if nth == 1:
                close(found[0], at=OPENED + 5 * DAY)
    calendars = [going(owner, now=OPENED) for owner in owners]
    assert [sum(days.values(), Counter()).total() for days in calendars] == [6, 6]
    days = sorted({day for calendar in calendars for day in calendar})
    assert len(days) == 4

    assert taken(house, OPENED, *owners) == [Counter(), Counter()]
    for day in days:
        end_of_day = datetime.combine(day + DAY, time(), STOCKHOLM) - MICROSECOND
        told = [calendar.get(day, Counter()) for calendar in calendars]
        assert taken(house, end_of_day, *owners) == told, day
    assert left() == set()
