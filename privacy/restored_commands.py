"""`flask privacy restored …`: after a restore, what keeps data from being deleted is looked at."""

from typing import Final

import click

from config.retention_changes import in_words
from privacy.hold_commands import (
    find_organisation,
    find_user,
    line_of,
    organisation_option,
    plainly,
)
from privacy.holds import NoHoldError, in_force
from privacy.policy_commands import prove
from storage import policies, restored
from storage.house import reading, transaction, utc_now
from storage.tables import Organisation, Role

_NOTHING_WAITS: Final = "was not restored, or is confirmed already; the purge does not wait"


@click.group("restored", help="After a restore: what keeps data from being deleted, confirmed.")
def restored_group() -> None:
    """The group of the commands after a restore."""


@restored_group.command("show")
@organisation_option
def show_command(organisation: str) -> None:
    """The holds in force and the schedule, as they are after the restore."""
    now = utc_now()
    with plainly(), reading() as session:
        controller = find_organisation(session, organisation)
        _waits(controller)
        click.echo(f"{controller.key}: version {controller.policy_number} in force")
        for rule in policies.rules_of(controller):
            click.echo(f"  {rule.data_class}: {in_words(rule)}")
        found = in_force(session, controller, now=now)
        click.echo(f"{len(found)} holds in force")
        for hold in found:
            click.echo(f"  {line_of(session, controller, hold, now=now)}")
    click.echo("set what is missing ('flask holds add', 'flask organisations apply'), then confirm")


@restored_group.command("confirm")
@organisation_option
@click.option("--by", "name", required=True, help="The privacy officer who has looked.")
def confirm_command(organisation: str, name: str) -> None:
    """Have the purge go on; the officer's password is asked for."""
    with plainly():
        with reading() as session:
            controller = find_organisation(session, organisation)
            _waits(controller)
            officer = find_user(session, name, controller)
        if officer.role is not Role.OFFICER:
            raise NoHoldError(f"{name} is no privacy officer; one who is confirms it")
        prove(officer)
        with transaction() as session:
            controller = find_organisation(session, organisation)
            restored.kept_confirmed(session, controller, at=utc_now())
    click.echo(f"{organisation}: confirmed by {name}; the next run of the purge takes what is due")


def _waits(organisation: Organisation) -> None:
    if organisation.kept_unconfirmed_since is None:
        raise NoHoldError(f"{organisation.key} {_NOTHING_WAITS}")
