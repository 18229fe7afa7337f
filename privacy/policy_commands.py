"""`flask privacy policy …`: how long things are kept, and changing it in sight of what it does."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from config.directory import load_configuration
from config.problems import ConfigurationError
from config.retention_changes import RULES, changes, goes_sooner, in_words
from privacy import policies as changing
from privacy.hold_commands import find_organisation, find_user, organisation_option, plainly
from privacy.policies import Effect
from storage import policies, sign_in_names, users
from storage.house import house, reading, transaction, utc_now
from storage.policies import PolicyError
from storage.tables import Organisation, PolicyVersion, User

C = TypeVar("C", bound=Callable[..., Any])

_by = click.option("--by", "name", help="The user in whose name.")
_number: Final = click.option(
    "--version", "number", type=int, required=True, help="The version that was looked at."
)


@click.group("policy", help="How long things are kept, in versions, and who confirmed them.")
def policy_group() -> None:
    """The group of the commands about versions of the schedule."""


@policy_group.command("show")
@organisation_option
def show_command(organisation: str) -> None:
    """The schedule in force, class by class, and whether another one waits."""
    with plainly(), reading() as session:
        controller = find_organisation(session, organisation)
        click.echo(f"{controller.key}: version {controller.policy_number} in force")
        for rule in policies.rules_of(controller):
            click.echo(f"  {rule.data_class}: {in_words(rule)}")
        waiting = policies.proposal(session, controller)
        if waiting is not None:
            click.echo(f"version {waiting.number} waits to be confirmed")


@policy_group.command("propose")
@organisation_option
@click.option("--config-dir", type=click.Path(path_type=Path), help="Instead of CONFIG_DIR.")
@_by
def propose_command(organisation: str, config_dir: Path | None, name: str | None) -> None:
    """Propose the retention in the organisation's file; nothing else of the file is applied.

    The password of whoever --by names is asked for.
    """
    with plainly():
        with reading() as session:
            controller = find_organisation(session, organisation)
            file = _files(config_dir).get(controller.key)
            if file is None:
                raise PolicyError(f"there is no file organisations/{controller.key}.yaml")
            known = _user(session, controller, name)
        if known is not None:
            prove(known)
        now = utc_now()
        with transaction() as session:
            controller = find_organisation(session, organisation)
            who = _user(session, controller, name)
            rules = file.document()["retention"]
            made = policies.propose(
                session, controller, rules, by=None if who is None else who.id, at=now
            )
            lines = [] if made is None else list(foreseen(session, controller, now))
    if made is None:
        click.echo(f"{organisation}: the file says what is in force; nothing is proposed")
    for line in lines:
        click.echo(line)


@policy_group.command("preview")
@organisation_option
def preview_command(organisation: str) -> None:
    """What the proposed schedule would delete tonight, and what stands in the way."""
    with plainly(), reading() as session:
        controller = find_organisation(session, organisation)
        changing.waiting(session, controller)
        for line in foreseen(session, controller, utc_now()):
            click.echo(line)


@policy_group.command("confirm")
@organisation_option
@_number
@_by
def confirm_command(organisation: str, number: int, name: str | None) -> None:
    """Put the proposed schedule in force.

    Where it lets anything go sooner, --by names a privacy officer other than who proposed it, and
    the officer's password is asked for.
    """
    with plainly():
        with reading() as session:
            controller = find_organisation(session, organisation)
            waiting = changing.waiting(session, controller)
            found = changing.differences(controller, waiting)
            known = _user(session, controller, name)
        if known is not None and goes_sooner(found):
            prove(known)
        with transaction() as session:
            controller = find_organisation(session, organisation)
            who = _user(session, controller, name)
            version = changing.confirm(session, controller, number, by=who, now=utc_now())
    click.echo(f"{organisation}: version {version.number} in force")


@policy_group.command("adopt")
@organisation_option
@_number
@click.option("--by", "name", required=True, help="The officer who stands for it.")
def adopt_command(organisation: str, number: int, name: str) -> None:
    """Propose in an officer's name what nobody is known to have proposed.

    The officer's password is asked for; another officer can confirm it then.
    """
    with plainly():
        with reading() as session:
            known = _user(session, find_organisation(session, organisation), name)
        if known is not None:
            prove(known)
        with transaction() as session:
            controller = find_organisation(session, organisation)
            who = _user(session, controller, name)
            changing.adopt(session, controller, number, by=who)
    click.echo(f"{organisation}: version {number} is proposed by {name}; another officer confirms")


@policy_group.command("withdraw")
@organisation_option
@_by
def withdraw_command(organisation: str, name: str | None) -> None:
    """Take the proposal back; what is in force stays.

    The password of whoever --by names is asked for.
    """
    with plainly():
        with reading() as session:
            controller = find_organisation(session, organisation)
            changing.waiting(session, controller)
            known = _user(session, controller, name)
        if known is not None:
            prove(known)
        with transaction() as session:
            controller = find_organisation(session, organisation)
            who = _user(session, controller, name)
            version = changing.withdraw(session, controller, by=who, now=utc_now())
            stays = controller.policy_number
    click.echo(f"{organisation}: version {version.number} withdrawn, version {stays} stays")


@policy_group.command("history")
@organisation_option
def history_command(organisation: str) -> None:
    """Every version: who wanted it and when, who confirmed it, and what it changed."""
    with plainly(), reading() as session:
        controller = find_organisation(session, organisation)
        lines = list(_told(session, controller))
    for line in lines:
        click.echo(line)


def foreseen(session: Session, organisation: Organisation, now: datetime) -> Iterator[str]:
    """The proposal of an organisation in lines: what changes, what goes, and what is in the way."""
    version = changing.waiting(session, organisation)
    found = changing.preview(session, organisation, version, now=now)
    yield (
        f"{organisation.key}: version {version.number} proposed, "
        f"version {organisation.policy_number} in force"
    )
    for change in found.changes:
        yield f"  {change}"
    yield "what is past its time now, by the version in force → by the proposed one:"
    for effect in found.effects:
        yield f"{effect.goes:>8} → {effect.would_go:<8} {effect.counted_as}{_in_the_way(effect)}"
    if not found.effects:
        yield "  nothing"
    yield from found.remarks
    yield (
        f"to be confirmed by a privacy officer who did not propose it: on the page Deletions, or "
        f"'flask privacy policy confirm --organisation {organisation.key} "
        f"--version {version.number} --by OFFICER'"
        if found.needs_another
        else f"to be confirmed: 'flask privacy policy confirm --organisation {organisation.key} "
        f"--version {version.number}'"
    )


def _in_the_way(effect: Effect) -> str:
    told = [f"{number} by {keeper}" for keeper, number in effect.kept.items()]
    return f", kept back: {', '.join(told)}" if told else ""


def _told(session: Session, organisation: Organisation) -> Iterator[str]:
    zone = ZoneInfo(organisation.timezone)
    # Against the version that was in force when it was proposed.
    before: PolicyVersion | None = None
    for version in policies.history(session, organisation):
        proposed = f"{version.proposed_at.astimezone(zone):%Y-%m-%d %H:%M}"
        line = f"version {version.number}: {version.state}, proposed {proposed}"
        line += f" by {_name(session, version.proposed_by)}"
        if version.decided_at is not None:
            decided = f"{version.decided_at.astimezone(zone):%Y-%m-%d %H:%M}"
            line += f", decided {decided} by {_name(session, version.decided_by)}"
        yield line
        if before is not None:
            found = changes(
                RULES.validate_python(before.rules), RULES.validate_python(version.rules)
            )
            yield from (f"  {one}" for one in found)
        if version.ended_at is not None or version.number == organisation.policy_number:
            before = version


def _name(session: Session, user: Any) -> str:
    if user is None:
        return "who runs the machine"
    return sign_in_names.name_of(house().keyring, session.get_one(User, user))


def _files(config_dir: Path | None) -> Any:
    try:
        return load_configuration(config_dir or house().settings.config_dir).organisations
    except ConfigurationError as error:
        raise PolicyError(str(error)) from None


def _user(session: Session, organisation: Organisation, name: str | None) -> User | None:
    return None if name is None else find_user(session, name, organisation)


def prove(user: User) -> None:
    """Make sure that this person is there: only they know their password. Raises PolicyError."""
    database, keyring = house().database, house().keyring
    name = sign_in_names.name_of(keyring, user)
    password = _password(name)
    if users.authenticate(database, keyring, name, password, at=utc_now()) != user.id:
        raise PolicyError(f"that is not the password of {name}; nothing is done")


def _password(name: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(f"Password of {name}", hide_input=True, err=True))
    # Without a terminal nothing can be echoed, and a prompt would warn that it may be.
    click.echo(f"Password of {name}: read from standard input", err=True)
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line.rstrip("\r\n")
