"""`flask users …`: accounts for the console, made by whoever runs the machine."""

import sys
from typing import Final
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import accounts, keepers
from privacy.erasing import hands_of
from storage import sign_in_names, users
from storage.house import house, reading, transaction, utc_now
from storage.tables import Hold, Organisation, Role, User
from storage.users import BadUser

_ALL: Final = "all"


class Mistake(click.ClickException):
    """What whoever typed the command can mend; nothing was changed."""

    exit_code = 2


@click.group("users")
def users_group() -> None:
    """Accounts of people who sign in to the console."""


@users_group.command("add")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help=f"What the person may do: {', '.join(Role)}; an analyst sees figures and no person.",
)
@click.option(
    "--organisation",
    required=True,
    help=f"Key of the organisation whose data the person sees, or '{_ALL}'.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(name: str, role: str, organisation: str, password_stdin: bool) -> None:
    """Make an account. Without --password-stdin a password is made up and shown this once."""
    password = _given_password() if password_stdin else users.new_password()
    try:
        with transaction() as session:
            user = users.create(
                session,
                house().keyring,
                name=name,
                password=password,
                role=Role(role),
                organisation_id=_organisation(session, organisation),
                at=utc_now(),
            )
    except BadUser as error:
        raise Mistake(str(error)) from None
    told = sign_in_names.name_of(house().keyring, user)
    click.echo(f"User {told} may sign in as {role}.")
    if not password_stdin:
        click.echo(f"Password, shown this once: {password}")


@users_group.command("password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(name: str, password_stdin: bool) -> None:
    """Give an account a new password; whoever is signed in with the old one is out."""
    new = _given_password() if password_stdin else users.new_password()
    try:
        with transaction() as session:
            users.change_password(session, _user(session, name), new)
    except BadUser as error:
        raise Mistake(str(error)) from None
    click.echo("The password was changed.")
    if not password_stdin:
        click.echo(f"Password, shown this once: {new}")


@users_group.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Close an account; its name is emptied 30 days later, and what it listened to stays."""
    with transaction() as session:
        users.disable(session, _user(session, name), at=utc_now())
    click.echo(f"The account is closed. Its name is emptied in {users.LEFT_FOR.days} days.")


@users_group.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Open a closed account again, while its name is still there."""
    with transaction() as session:
        users.enable(_user(session, name))
    click.echo("The account is open again.")


@users_group.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Close an account and empty its name at once; nothing brings it back.

    What its user listened to stays on record under the role, as long as the listening log.
    """
    now = utc_now()
    with reading() as session:
        user = _user(session, name)
        held = session.scalars(
            select(Hold.id).where(Hold.owner_id == user.id, keepers.holds_at(now))
        ).all()
        register = session.scalars(
            select(Hold.id).where(
                Hold.organisation_id == user.organisation_id,
                Hold.data_class == DataClass.STAFF_REGISTER,
                keepers.holds_at(now),
            )
        ).first()
    if held:
        ids = ", ".join(str(one) for one in held)
        raise Mistake(f"{name!r} answers for holds; release them or set them anew first: {ids}")
    if register is not None:
        raise Mistake(
            f"hold {register} keeps the staff register, and so the name of {name!r}; "
            "'flask users disable' closes the account, and its name goes when the hold has ended"
        )
    accounts.empty(user.id, organisation_id=user.organisation_id, hands=hands_of(house()), now=now)
    click.echo("The account is removed.")


@users_group.command("list")
@click.option("--all", "every", is_flag=True, help="Also closed ones.")
def list_command(every: bool) -> None:
    """The accounts by name: role, organisation, since when, and until when a closed one is named.

    Those whose name was emptied are counted at the end.
    """
    with reading() as session:
        keys: dict[UUID | None, str] = {}
        for one in session.scalars(select(Organisation)):
            keys[one.id] = one.key
        found = session.scalars(select(User).order_by(User.id)).all()
    shown = [one for one in found if one.erased_at is None and (every or one.disabled_at is None)]
    names = sign_in_names.names_of(house().keyring, shown)
    for user in sorted(shown, key=lambda one: names[one.id]):
        click.echo(_line(user, names[user.id], keys.get(user.organisation_id, _ALL)))
    emptied = sum(one.erased_at is not None for one in found)
    if emptied:
        click.echo(f"{emptied} of people who left")


def _line(user: User, name: str, organisation: str) -> str:
    told = f"{name}  {user.role}  {organisation}  since {user.created_at.date()}"
    if user.erase_at is not None:
        told += f"  closed, named until {user.erase_at.date()}"
    return told


def _given_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _user(session: Session, name: str) -> User:
    user = users.find(session, house().keyring, name) or _by_id(session, name)
    if user is None:
        raise Mistake(f"there is no user {name!r}")
    return user


def _by_id(session: Session, text: str) -> User | None:
    """The account that is listed by its id, because the key of its name is lost."""
    try:
        return session.get(User, UUID(text))
    except ValueError:
        return None


def _organisation(session: Session, key: str) -> UUID | None:
    if key == _ALL:
        return None
    found = session.scalar(select(Organisation.id).where(Organisation.key == key))
    if found is None:
        known = ", ".join(session.scalars(select(Organisation.key).order_by(Organisation.key)))
        raise Mistake(
            f"there is no organisation {key!r}; there are: {known or 'none yet'}, or '{_ALL}'"
        )
    return found
