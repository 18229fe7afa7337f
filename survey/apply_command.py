"""The command `flask organisations apply`: rows become what the operator's files say.

Another room knows what a changed retention would delete, to be shown at once, and how somebody
proves to be who they say; both are handed in.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.directory import Configuration, load_configuration
from config.settings import Switch
from storage import policies, users
from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.tables import Organisation, User
from survey import organisations, policy_gate
from survey.command_errors import plain_errors
from survey.trying_out import rings_nobody
from survey.versions import freeze, freeze_mailbox

Foreseen = Callable[[Session, Organisation, datetime], Iterable[str]]
"""What a waiting retention would delete and what stands in the way, in lines."""
Prove = Callable[[User], None]
"""Asks for the password of a user; raises GiveUp when it is not given."""


def make_apply_command(
    foreseen: Foreseen | None = None, prove: Prove | None = None
) -> click.Command:
    """The command; without `foreseen` a changed retention is only said to wait.

    Without `prove` it changes nobody's retention in the name of somebody.
    """

    @click.command("apply")
    @click.option("--config-dir", type=click.Path(path_type=Path), help="Instead of CONFIG_DIR.")
    @click.option("--check", is_flag=True, help="Only say what is wrong with the files.")
    @click.option("--by", "name", help="The user who proposes a changed retention.")
    @click.option(
        "--rings-at-any-hour/--calling-hours",
        default=None,
        help="Whether calling hours are disregarded; only with the simulator, by default.",
    )
    def apply_organisations(
        config_dir: Path | None, check: bool, name: str | None, rings_at_any_hour: bool | None
    ) -> None:
        """Make organisations, surveys, campaigns and mailboxes what the files say.

        A changed retention is proposed, not applied: see flask privacy policy. Where --by says who
        proposes it, that user's password is asked for.
        """
        settings = house().settings
        with plain_errors():
            files = load_configuration(config_dir or settings.config_dir)
            if check:
                _freeze_all(files)
                click.echo(f"{len(files.organisations)} organisations: nothing wrong")
                return
            if rings_at_any_hour and not rings_nobody(settings):
                raise click.UsageError(
                    "--rings-at-any-hour is for trying out: it would have people rung at night by "
                    f"the provider at {settings.twilio_api_base_url}. Leave it out"
                )
            if rings_at_any_hour is None:
                rings_at_any_hour = settings.simulator is Switch.ON
            by = None if name is None else _proven(files, name, prove)
            with transaction() as session:
                changes = organisations.apply(
                    session,
                    files,
                    keyring=house().keyring,
                    now=utc_now(),
                    rings_at_any_hour=rings_at_any_hour,
                    by=by,
                )
            for change in changes:
                click.echo(change)
            if not changes:
                click.echo(f"{len(files.organisations)} organisations: nothing to change")
            if foreseen is not None:
                _show(files, foreseen, now=utc_now())

    return apply_organisations


def _show(files: Configuration, foreseen: Foreseen, *, now: datetime) -> None:
    with reading() as session:
        wanted = select(Organisation).where(Organisation.key.in_(list(files.organisations)))
        for organisation in session.scalars(wanted.order_by(Organisation.key)):
            if policies.proposal(session, organisation) is not None:
                for line in foreseen(session, organisation, now):
                    click.echo(line)


def _proven(files: Configuration, name: str, prove: Prove | None) -> UUID | None:
    """Whose retention it is, asked where any is changed; nobody where no name would be noted."""
    with reading() as session:
        found = users.find(session, house().keyring, name)
        if found is None or found.disabled_at is not None:
            raise GiveUp(f"{name} is no user; 'flask users add' makes one")
        noted = any(policy_gate.notes_who(session, one) for one in files.organisations.values())
    if not noted:
        return None
    if prove is None:
        raise GiveUp("nobody can be asked for a password here; leave --by out")
    prove(found)
    return found.id


def _freeze_all(files: Configuration) -> None:
    for organisation in files.organisations.values():
        for campaign in organisation.campaigns:
            freeze(organisation, files.surveys[campaign.survey], files.prompts)
        for mailbox in organisation.mailboxes:
            freeze_mailbox(organisation, mailbox, files.prompts)
