"""Who only ever called is frozen too: by number, or by the message of which none is known."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from privacy import access_wishes, person_erasure, purge
from privacy.erasing import hands_of
from privacy.person_erasure import Errand, FrozenError
from privacy.persons import Person
from privacy.put_back import put_back
from storage.house import House, reading, transaction, utc_now
from storage.states import MessageState
from storage.tables import Call, Message, Restriction, Role
from survey.restriction_commands import restrictions_group
from tests.console.browsers import Browser
from tests.console.worlds import World, change, make_world

CALLER = "+46701740622"
WHY = ("--cause", "accuracy_disputed", "--review-on", "2099-01-31")
Freeze = Callable[..., Result]


@pytest.fixture
def world(house: House) -> World:
    """A message from somebody who is no customer, whose number was shown."""
    made = make_world(caller=CALLER)
    show(house, made, CALLER)
    return made


def show(house: House, world: World, number: str | None) -> None:
    """The number from which the message came; None for a withheld one."""
    owner = world.organisation.id
    hashed = None if number is None else house.keyring.lookup_hash(owner, "phone", number)
    with reading() as session:
        call = session.get_one(Call, world.message.call_id)
    change(call, caller_hash=hashed)


def run(world: World, *arguments: str) -> Result:
    told = [arguments[0], "--organisation", world.organisation.key, *arguments[1:]]
    return CliRunner().invoke(restrictions_group, told, catch_exceptions=False)


def pages(world: World) -> list[str]:
    return [
        f"/console/messages/{world.message.id}",
        f"/console/recordings/{world.message_recording.id}/audio",
    ]


@pytest.mark.parametrize("by", ["number", "message"])
def test_what_a_frozen_caller_left_is_in_no_list_and_plays_nowhere_until_it_is_lifted(
    house: House, world: World, sign_in: Any, by: str
) -> None:
    browser: Browser = sign_in(Role.STAFF, world.organisation)
    if by == "message":
        show(house, world, None)
    named = ("--phone", CALLER) if by == "number" else ("--message", str(world.message.id))
    assert {browser.get(one).status_code for one in pages(world)} == {200}

    frozen = run(world, "add", *named, *WHY)
    statuses = {browser.get(one).status_code for one in pages(world)}
    listed = str(world.message.id) in browser.get("/console/messages").text

    assert (frozen.exit_code, statuses, listed) == (0, {404}, False)
    # Only what that person left: the customer's answers are somebody else's.
    assert world.reference in browser.get("/console/responses").text
    assert ("caller" if by == "number" else "call ") in run(world, "list").output
    assert CALLER not in run(world, "list").output
    assert run(world, "lift", *named).output == "1 restrictions lifted\n"
    assert {browser.get(one).status_code for one in pages(world)} == {200}


@pytest.mark.parametrize("by", ["number", "message"])
def test_what_is_frozen_outlives_its_period_and_goes_once_it_is_lifted(
    house: House, world: World, by: str
) -> None:
    if by == "message":
        show(house, world, None)
    named = ("--phone", CALLER) if by == "number" else ("--message", str(world.message.id))
    run(world, "add", *named, *WHY)
    late = utc_now() + timedelta(days=215)

    purge.run(hands=hands_of(house), database=house.database, now=late)
    kept = messages()
    run(world, "lift", *named)
    purge.run(hands=hands_of(house), database=house.database, now=late)

    assert kept == [MessageState.NEW]
    assert messages() == []
    with reading() as session:
        left = session.scalars(select(Restriction)).all()
    # That of a call goes with the call, that of a number with the closed requests.
    assert len(left) == (1 if by == "number" else 0)


def test_a_caller_of_whom_one_message_is_frozen_is_not_erased_before_it_is_lifted(
    house: House, world: World
) -> None:
    run(world, "add", "--message", str(world.message.id), *WHY)
    subject = house.keyring.lookup_hash(world.organisation.id, "phone", CALLER)
    person, errand = Person(world.organisation.id, None, (subject,)), Errand("12345678", None)

    with pytest.raises(FrozenError):
        person_erasure.erase(person, errand, hands=hands_of(house), now=utc_now())

    assert messages() == [MessageState.NEW]
    run(world, "lift", "--message", str(world.message.id))
    person_erasure.erase(person, errand, hands=hands_of(house), now=utc_now())
    assert messages() == []


def messages() -> list[MessageState]:
    with reading() as session:
        return list(session.scalars(select(Message.state)))


def test_a_frozen_caller_is_not_erased_and_is_told_of_the_restriction(
    house: House, world: World
) -> None:
    run(world, "add", "--phone", CALLER, *WHY)
    subject = house.keyring.lookup_hash(world.organisation.id, "phone", CALLER)
    person = Person(world.organisation.id, None, (subject,))

    with pytest.raises(FrozenError):
        person_erasure.erase(person, Errand("12345678", None), hands=hands_of(house), now=utc_now())

    with reading() as session:
        (told,) = access_wishes.told(session, person, calls=())["restrictions"]
    assert (told["cause"], told["lifted"]) == ("accuracy_disputed", False)


def test_one_callers_restriction_does_not_stand_in_the_way_of_anothers_erasure(
    house: House, world: World
) -> None:
    run(world, "add", "--phone", CALLER, *WHY)
    other = house.keyring.lookup_hash(world.organisation.id, "phone", "+46701740655")

    person = Person(world.organisation.id, None, (other,))
    with reading() as session:
        person_erasure.look_for_obstacles(session, person, now=utc_now())
        told = access_wishes.told(session, person, calls=())["restrictions"]

    assert told == []


def test_nobody_is_frozen_of_whom_nothing_is_kept(house: House, world: World) -> None:
    other = make_world(phone="+46701740633", caller="+46701740644")

    stranger = run(world, "add", "--phone", "+46701740655", *WHY)
    elsewhere = run(world, "add", "--message", str(other.message.id), *WHY)
    both = run(world, "add", "--phone", CALLER, "--message", str(world.message.id), *WHY)

    assert {one.exit_code for one in (stranger, elsewhere, both)} == {2}
    assert "no call from it" in stranger.output
    with reading() as session:
        assert session.scalars(select(Restriction)).all() == []


def test_a_restriction_is_put_back_after_a_restore_while_it_says_whose_it_is(
    house: House, world: World
) -> None:
    run(world, "add", "--phone", CALLER, *WHY)
    with reading() as session:
        row = session.scalars(select(Restriction)).one()
        values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    with transaction() as session:
        session.delete(session.get_one(Restriction, row.id))

    with transaction() as session:
        assert put_back(session, Restriction, values) == 1
        assert put_back(session, Restriction, values) == 0
        of_nobody = values | {"subject_hash": None}
        session.delete(session.get_one(Restriction, row.id))
        session.flush()
        assert put_back(session, Restriction, of_nobody) == 0
