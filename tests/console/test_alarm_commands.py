"""`flask alarms` tells what somebody must look at, and notes who has."""

from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result

from console import alarms_group
from storage.house import House, reading
from storage.tables import Alarm, Organisation, Role, User
from tests.accounts import call_account
from tests.rows import NOON, add, make_organisation


def run(*arguments: object) -> Result:
    return CliRunner().invoke(alarms_group, [str(one) for one in arguments])


def sounded(kind: str = "comment.lost", organisation: Organisation | None = None) -> UUID:
    alarm = Alarm(
        id=uuid4(), kind=kind, subject="x1", raised_at=NOON,
        organisation_id=organisation and organisation.id,
    )  # fmt: skip
    add(alarm)
    return alarm.id


def account(name: str, role: Role, organisation: Organisation | None = None) -> User:
    user = User(
        id=uuid4(), password_hash="x", role=role, created_at=NOON,
        organisation_id=organisation and organisation.id,
    )  # fmt: skip
    add(user)
    call_account(user.id, name)
    return user


def stored(alarm_id: UUID) -> Alarm:
    with reading() as session:
        return session.get_one(Alarm, alarm_id)


def test_the_open_ones_are_listed_and_with_over_who_has_seen_which(house: House) -> None:
    organisation = make_organisation()
    ours, of_the_house = sounded(organisation=organisation), sounded("storage.too_many_orphans")
    user = account("olle", Role.OPERATOR)

    assert len(run("list").stdout.splitlines()) == 2
    (line,) = run("list", "--organisation", organisation.key).stdout.splitlines()
    assert line == f"{ours}  {NOON:%Y-%m-%dT%H:%MZ}  {organisation.key}  comment.lost  x1"

    assert run("clear", of_the_house, "--by", "olle").exit_code == 0
    assert str(of_the_house) not in run("list").stdout
    assert f"seen by operator {user.id})" in run("list", "--over").stdout
    assert stored(of_the_house).seen_by == user.id


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("rights.overdue", "olle", "waits for an act"),
        ("comment.lost", "nobody", "is no user"),
        ("comment.lost", "officer", "does not see that alarm"),
        ("comment.lost", "another", "does not see that alarm"),
        (None, "olle", "there is no alarm"),
    ],
)
def test_what_cannot_be_ended_is_said_in_one_line_and_ends_with_2(
    house: House, kind: str | None, name: str, says: str
) -> None:
    organisation = make_organisation()
    account("olle", Role.OPERATOR)
    account("officer", Role.OFFICER)
    account("another", Role.SUPERVISOR, make_organisation())
    alarm_id = uuid4() if kind is None else sounded(kind, organisation)

    result = run("clear", alarm_id, "--by", name)

    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert says in result.stderr
    if kind is not None:
        assert stored(alarm_id).cleared_at is None
