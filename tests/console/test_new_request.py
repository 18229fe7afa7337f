"""The officer writes down what somebody asked one of us; whoever is not the officer cannot."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from storage.house import House, reading
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.tables import Objection, Restriction, RightsRequest, Role
from tests.console.browsers import Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]
PATH = "/console/requests/new"


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_a_letter_becomes_a_request_with_its_page(
    sign_in: SignIn, world: World, house: House
) -> None:
    officer = sign_in(Role.OFFICER, world.organisation)
    assert PATH in officer.get("/console/requests").text
    assert "What does the person ask for?" in officer.get(PATH).text

    answer = officer.post(PATH, {"who": "070-174 06 99", "kind": "erasure", "channel": "mail"})

    (stored,) = rows(RightsRequest)
    assert (answer.status_code, answer.location) == (303, f"/console/requests/{stored.id}")
    assert (stored.kind, stored.channel) == (RequestKind.ERASURE, RequestChannel.MAIL)
    assert house.keyring.open(stored.id, "request.contact", stored.contact_sealed) == "+46701740699"


def test_what_it_is_about_is_read_on_its_page_alone_until_the_answer(
    sign_in: SignIn, world: World, house: House
) -> None:
    officer = sign_in(Role.OFFICER, world.organisation)
    form = {"who": "070-174 06 99", "kind": "objection_to_use", "channel": "mail"}
    officer.post(PATH, form | {"about": "the <b>message</b> in March"})
    (stored,) = rows(RightsRequest)
    page = f"/console/requests/{stored.id}"

    assert "the &lt;b&gt;message&lt;/b&gt; in March" in officer.get(page).text
    assert "Anybody may have written this" in officer.get(page).text
    assert "and in which words" in officer.get(page).text
    assert "in March" not in officer.get("/console/requests").text
    officer.post(page, {"step": "withdraw", "way": "called_back"})

    assert "in March" not in officer.get(page).text
    assert house.keyring.keys([stored.id]) == {}


def test_a_no_holds_at_once(sign_in: SignIn, world: World) -> None:
    officer = sign_in(Role.OFFICER, world.organisation)

    officer.post(PATH, {"who": "a@example.org", "kind": "objection", "channel": "staff"})

    (stored,) = rows(RightsRequest)
    assert (stored.state, len(rows(Objection))) == (RequestState.DONE, 1)
    assert stored.decided_by is not None


@pytest.mark.parametrize("who", ["", "12", "x@y"])
def test_what_is_neither_number_nor_address_is_said_at_the_field(
    sign_in: SignIn, world: World, who: str
) -> None:
    form = {"who": who, "kind": "access", "channel": "staff"}

    answer = sign_in(Role.OFFICER, world.organisation).post(PATH, form)

    assert (answer.status_code, 'id="who-fault"' in answer.text) == (422, True)
    assert rows(RightsRequest) == []


def test_an_officer_of_all_chooses_the_organisation(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    officer = sign_in(Role.OFFICER)
    form = {"who": "+46701740699", "kind": "access", "channel": "staff"}

    assert officer.post(PATH, form).status_code == 422
    chosen = form | {"organisation": str(other_world.organisation.id)}
    assert officer.post(PATH, chosen).status_code == 303

    assert [one.organisation_id for one in rows(RightsRequest)] == [other_world.organisation.id]


def test_for_another_organisation_nothing_is_written_down(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    form = {"who": "+46701740699", "organisation": str(other_world.organisation.id)}

    sign_in(Role.OFFICER, world.organisation).post(PATH, form)

    assert [one.organisation_id for one in rows(RightsRequest)] == [world.organisation.id]


def test_nobody_else_writes_one_down(sign_in: SignIn, world: World) -> None:
    staff = sign_in(Role.STAFF, world.organisation)

    assert staff.get(PATH).status_code == 403
    assert staff.post(PATH, {"who": "+46701740699"}).status_code == 403


def test_an_objection_to_another_use_waits_for_the_proof_and_holds_nothing_yet(
    sign_in: SignIn, world: World
) -> None:
    officer = sign_in(Role.OFFICER, world.organisation)
    assert "Object to another use of the data" in officer.get(PATH).text

    officer.post(PATH, {"who": world.phone, "kind": "objection_to_use", "channel": "staff"})

    (stored,) = rows(RightsRequest)
    assert (stored.kind, stored.state) == (RequestKind.OBJECTION_TO_USE, RequestState.RECEIVED)
    assert (rows(Objection), rows(Restriction)) == ([], [])
