"""Nothing goes by other rules before the right person has seen what they do and said yes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from privacy import policies as changing
from privacy.keepers import Keeper
from privacy.policies import Effect
from privacy.schedules import schedule_of
from storage import alarms, policies
from storage.house import House, reading, transaction
from storage.policies import PolicyError
from storage.policy_states import PolicyState
from storage.tables import Organisation, PurgeRun, Restriction, Role, User
from tests.privacy.test_holds import LEGAL, OPEN, held_item, hold
from tests.privacy.test_logs_by_age import make_user, schedule
from tests.privacy.test_receipts import bodies
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, add, make_organisation

DAY = timedelta(days=1)
LATER = NOON + 200 * DAY


def officer(organisation: Organisation) -> User:
    user = make_user(organisation.id)
    return _with_role(user, Role.OFFICER)


def _with_role(user: User, role: Role) -> User:
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(role=role))
    with reading() as session:
        return session.get_one(User, user.id)


def propose(organisation: Organisation, *, by: User | None = None, **rules: Any) -> int:
    by = by or officer(organisation)
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        made = policies.propose(session, mine, schedule(**rules), by=by.id, at=NOON)
        assert made is not None
        return made.number


def confirm(organisation: Organisation, number: int, *, by: User | None = None) -> None:
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        changing.confirm(session, mine, number, by=by, now=LATER)


def adopt(organisation: Organisation, number: int, *, by: User) -> None:
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        changing.adopt(session, mine, number, by=by)


def states(organisation: Organisation) -> list[tuple[int, PolicyState]]:
    with reading() as session:
        found = policies.history(session, organisation)
    return [(one.number, one.state) for one in found]


def version_in_force(organisation: Organisation) -> int:
    with reading() as session:
        return schedule_of(session.get_one(Organisation, organisation.id)).version


def test_a_shorter_period_deletes_nothing_until_another_person_confirms_it(house: House) -> None:
    organisation = make_organisation(retention=schedule())
    leave_traces(house, organisation=organisation)
    number = propose(organisation, free_comments={"keep": "3 months"})

    before = run(house, LATER).counts
    confirm(organisation, number, by=officer(organisation))
    after = run(house, LATER).counts

    assert before == {}
    assert after == {organisation.key: {"free_comments": 1}}
    noted, purged = bodies(house, organisation.id)
    assert noted["what"] == "wish_noted"  # who decided what, for a restore
    told = [(purged["class"], purged["rule"])]
    assert told == [("free_comments", "free_comments: 3 months from answered; version 2")]
    with reading() as session:
        runs = session.scalars(select(PurgeRun.policies).order_by(PurgeRun.id)).all()
    assert [one[organisation.key] for one in runs] == [1, 2]
    assert states(organisation) == [(1, PolicyState.SUPERSEDED), (2, PolicyState.IN_FORCE)]


def test_who_may_confirm_what_goes_sooner(house: House) -> None:
    organisation, other = make_organisation(), make_organisation()
    proposer = officer(organisation)
    number = propose(organisation, by=proposer, answers={"keep": "3 months"})
    disabled = officer(organisation)
    with transaction() as session:
        session.get_one(User, disabled.id).disabled_at = NOON
    with reading() as session:
        disabled = session.get_one(User, disabled.id)
    nobody_of_them = [
        None,
        proposer,
        disabled,
        officer(other),
        _with_role(make_user(organisation.id), Role.SUPERVISOR),
    ]

    for person in nobody_of_them:
        with pytest.raises(PolicyError):
            confirm(organisation, number, by=person)
    assert version_in_force(organisation) == 1

    confirm(organisation, number, by=officer(organisation))
    assert version_in_force(organisation) == number == 2


def test_what_nobody_is_known_to_have_proposed_takes_two_officers(house: House) -> None:
    organisation = make_organisation()
    one, another = officer(organisation), officer(organisation)
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        rules = schedule(answers={"keep": "3 months"})
        made = policies.propose(session, mine, rules, by=None, at=NOON)
        assert made is not None
        number = made.number

    with pytest.raises(PolicyError, match="nobody is known to have proposed"):
        confirm(organisation, number, by=one)
    with pytest.raises(PolicyError, match="a privacy officer of the organisation"):
        adopt(organisation, number, by=_with_role(make_user(organisation.id), Role.SUPERVISOR))
    adopt(organisation, number, by=one)
    with pytest.raises(PolicyError, match="somebody else than who proposed it"):
        confirm(organisation, number, by=one)
    with pytest.raises(PolicyError, match="already"):
        adopt(organisation, number, by=another)
    confirm(organisation, number, by=another)

    assert version_in_force(organisation) == number


def test_what_keeps_longer_is_confirmed_by_one_and_never_beyond_its_ceiling(house: House) -> None:
    organisation = make_organisation(retention=schedule())

    with pytest.raises(PolicyError, match="4 years; 3 years is the most"):
        propose(organisation, answers={"keep": "4 years"})
    number = propose(organisation, answers={"keep": "3 years"})
    confirm(organisation, number)

    assert version_in_force(organisation) == 2
    with reading() as session:  # nobody is told the old period (test_retelling)
        assert not alarms.is_open(session, policies.NOT_TOLD, subject=str(organisation.id))


def test_the_preview_is_what_the_purge_takes_once_it_is_confirmed(house: House) -> None:
    rules = schedule(answers=LEGAL, case_notes=OPEN)
    organisation = make_organisation(retention=rules)
    people = [leave_traces(house, organisation=organisation) for _ in range(5)]
    hold(house, organisation, held_item(organisation, people[0].response.id))
    add(
        Restriction(
            id=uuid4(), organisation_id=organisation.id, customer_id=people[1].customer.id,
            cause="accuracy", made_at=NOON,
        )
    )  # fmt: skip
    shorter = {"answers": {"keep": "3 months"} | LEGAL, "case_notes": OPEN}
    number = propose(organisation, **shorter)

    with reading() as session:
        mine = session.get_one(Organisation, organisation.id)
        version = changing.waiting(session, mine)
        found = changing.preview(session, mine, version, now=LATER)
    confirm(organisation, number, by=officer(organisation))
    taken = run(house, LATER).counts[organisation.key]

    assert found.needs_another
    effects = {one.counted_as: one for one in found.effects}
    held = {Keeper.HOLD: 1, Keeper.RESTRICTION: 1}
    assert effects["answers"] == Effect("answers", goes=0, would_go=3, kept=held)
    would_go = {name: one.would_go for name, one in effects.items()}
    assert {name: n for name, n in would_go.items() if n} == taken


def test_another_proposal_takes_the_place_of_the_one_that_waits(house: House) -> None:
    organisation = make_organisation(retention=schedule())
    first = propose(organisation, answers={"keep": "3 months"})
    again = propose(organisation, answers={"keep": "3 months"})
    second = propose(organisation, answers={"keep": "4 months"})

    assert (first, again, second) == (2, 2, 3)
    with pytest.raises(PolicyError, match=r"version 2 of .* does not wait; version 3 does"):
        confirm(organisation, first, by=officer(organisation))
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        assert policies.propose(session, mine, schedule(), by=None, at=NOON) is None
    assert states(organisation) == [
        (1, PolicyState.IN_FORCE),
        (2, PolicyState.WITHDRAWN),
        (3, PolicyState.WITHDRAWN),
    ]
    with reading() as session:
        assert policies.proposal(session, organisation) is None


def test_a_refused_proposal_leaves_everything_as_it_was(house: House) -> None:
    organisation = make_organisation(retention=schedule())
    number = propose(organisation, answers={"keep": "3 months"})
    person = officer(organisation)
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        waiting = changing.waiting(session, mine)
        assert alarms.is_open(session, policies.WAITS, subject=str(waiting.id))
        changing.refuse(session, mine, number, by=person, now=LATER)

    assert version_in_force(organisation) == 1
    assert states(organisation)[-1] == (2, PolicyState.REFUSED)
    with reading() as session:
        assert not alarms.is_open(session, policies.WAITS, subject=str(waiting.id))
