"""An officer sees what a proposed retention would do before saying yes or no to it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from werkzeug.test import TestResponse

from storage import policies
from storage.house import House, reading, transaction, utc_now
from storage.tables import Organisation, PolicyVersion, Role, User
from tests.console.browsers import BASE, Browser
from tests.console.worlds import World
from tests.privacy.test_logs_by_age import make_user, schedule
from tests.privacy.traces import leave_traces
from tests.rows import make_organisation

SignIn = Callable[..., Browser]


def proposed(house: House, keep: str, *, by: UUID | None = None) -> tuple[Organisation, str]:
    """An organisation with one comment of a hundred days, and the page of its proposal."""
    organisation = make_organisation(retention=schedule())
    by = by or make_user(organisation.id).id
    leave_traces(house, at=utc_now() - timedelta(days=100), organisation=organisation)
    with transaction() as session:
        mine = session.get_one(Organisation, organisation.id)
        rules = schedule(free_comments={"keep": keep})
        version = policies.propose(session, mine, rules, by=by, at=utc_now())
        assert version is not None
        return organisation, f"/console/policies/{version.id}"


def say(officer: Browser, page: str, word: str, *, seen: str) -> TestResponse:
    """Press a button of the page as it was seen."""
    token = seen.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    return officer.client.post(page, base_url=BASE, data={"csrf_token": token, "word": word})


def in_force(organisation: Organisation) -> int:
    with reading() as session:
        return session.get_one(Organisation, organisation.id).policy_number


def test_an_officer_sees_what_it_would_delete_and_confirms_it(
    sign_in: SignIn, house: House
) -> None:
    organisation, page = proposed(house, "3 months")
    officer = sign_in(Role.OFFICER, organisation)

    listed = officer.get("/console/forgetting").text
    shown = officer.get(page).text
    answer = say(officer, page, "confirm", seen=shown)

    assert f'href="{page}"' in listed
    assert "Version 2 of the retention waits for your word" in listed
    assert "12 months from answered → 3 months from answered" in shown
    assert '<th scope="row">Comments</th><td>0</td><td><b>1</b></td><td>–</td>' in shown
    assert answer.status_code == 303
    assert in_force(organisation) == 2
    after = officer.get(page).text
    assert "In force" in after
    assert "Your word" not in after


def test_a_refused_one_stays_out_of_force(sign_in: SignIn, house: House) -> None:
    organisation, page = proposed(house, "3 months")
    officer = sign_in(Role.OFFICER, organisation)

    shown = officer.get(page).text
    assert say(officer, page, "refuse", seen=shown).status_code == 303

    assert "Not confirmed" in officer.get(page).text
    assert in_force(organisation) == 1
    assert say(officer, page, "confirm", seen=shown).status_code == 409
    assert in_force(organisation) == 1


def test_who_proposed_what_goes_sooner_cannot_confirm_it(sign_in: SignIn, house: House) -> None:
    officer = sign_in(Role.OFFICER)
    with reading() as session:
        me = session.scalars(select(User.id)).one()
    organisation, page = proposed(house, "3 months", by=me)

    shown = officer.get(page).text
    answer = say(officer, page, "confirm", seen=shown)

    assert "You proposed it" in shown
    assert 'value="confirm"' not in shown
    assert answer.status_code == 409
    assert "somebody else than who proposed it" in answer.text
    assert in_force(organisation) == 1


def test_what_nobody_is_known_to_have_proposed_is_proposed_first(
    sign_in: SignIn, house: House
) -> None:
    organisation, page = proposed(house, "3 months")
    with transaction() as session:
        session.execute(update(PolicyVersion).values(proposed_by=None))
    officer, another = (sign_in(Role.OFFICER, organisation) for _ in range(2))

    shown = officer.get(page).text
    refused = say(officer, page, "confirm", seen=shown)
    adopted = say(officer, page, "adopt", seen=shown)
    mine, theirs = officer.get(page).text, another.get(page).text

    assert "Nobody is known to have proposed it" in shown
    assert 'value="confirm"' not in shown
    assert (refused.status_code, adopted.status_code) == (409, 303)
    assert "You proposed it" in mine
    assert say(another, page, "confirm", seen=theirs).status_code == 303
    assert in_force(organisation) == 2


def test_nobody_but_an_officer_of_the_organisation_opens_it(
    sign_in: SignIn, house: House, other_world: World
) -> None:
    organisation, page = proposed(house, "3 months")

    assert sign_in(Role.SUPERVISOR, organisation).get(page).status_code == 403
    stranger = sign_in(Role.OFFICER, other_world.organisation)
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"word": "confirm"}).status_code == 404
    assert in_force(organisation) == 1
