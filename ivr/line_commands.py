"""The commands `flask lines`: which lines there are, and whether their calls get through."""

import sys
import time
from zoneinfo import ZoneInfo

import click

from ivr import line_probing, probe_words
from storage import users
from storage.faults import GiveUp
from storage.house import house, reading, utc_now
from storage.states import CallState
from storage.tables import Line, LineProbe, Organisation
from survey import line_probes, probe_ends
from survey.command_errors import plain_errors
from survey.line_probes import Wish
from survey.numbers import to_e164
from survey.places import find_organisation

NOT_REACHED = 1

lines_group = click.Group("lines", help="The numbers we call from.")
_organisation = click.option("--organisation", required=True, help="Key of the organisation.")


@lines_group.command("list")
@_organisation
def list_lines(organisation: str) -> None:
    """Say of each line which campaigns ring from it, and what its last probe call brought."""
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        for line, last in probe_ends.last_of(session, owner, line_probes.lines_of(session, owner)):
            there = line_probes.campaigns_of(session, owner, line)
            used = ", ".join(f"{one.key} ({one.state})" for one in there) or "no campaign"
            click.echo(f"{line.number}  {line.name}; {used}; {_last(line, last, owner)}")


@lines_group.command("probe")
@click.argument("line")
@_organisation
@click.option("--to", prompt="Number to ring", help="Your own telephone; asked for if left out.")
@click.option("--by", required=True, help="Your sign-in name at the console.")
@click.option("--campaign", help="Whose money pays, where the line has several campaigns.")
def probe(line: str, organisation: str, to: str, by: str, campaign: str | None) -> None:
    """Have a line, by number or name, ring your own telephone, and say what came back.

    Needs the running service, which speaks the words. Exits with 1 when nobody answered.
    """
    with plain_errors():
        with reading() as session:
            owner = find_organisation(session, organisation)
            chosen = line_probes.find_line(session, owner, line)
            user = users.find(session, house().keyring, by)
            if user is None or user.disabled_at is not None:
                raise GiveUp(f"there is no account called {by[:60]!r} that may sign in")
            wish = Wish(
                organisation=owner,
                line=chosen,
                campaign=line_probes.payer(session, owner, chosen, campaign),
                user=user,
                to=to_e164(to.strip(), country=owner.country),
            )
        click.echo(f"{chosen.number} rings; pick up, and press the key that it asks for", err=True)
        found = line_probing.probe(wish, house=house(), clock=utc_now, pause=time.sleep)
    click.echo(probe_words.result(found, number=chosen.number))
    if found.state is not CallState.COMPLETED:
        sys.exit(NOT_REACHED)


def _last(line: Line, last: LineProbe | None, owner: Organisation) -> str:
    if last is None:
        return "never probed"
    at = last.asked_at.astimezone(ZoneInfo(owner.timezone))
    words = probe_words.result(last, number=line.number)
    return f"last probed on {at.day} {at:%B %Y at %H:%M}: {words}"
