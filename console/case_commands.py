"""`flask cases …`: opening a case, noting what was done, closing it."""

import logging
import sys
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import kept_days
from storage.house import house, reading, transaction, utc_now
from storage.matters import CaseKind, CaseState
from storage.restrictions import may_be_used
from storage.tables import Case, Organisation
from survey import cases, handling
from survey.command_errors import plain_errors
from survey.places import find_organisation
from survey.wish_commands import organisation_option

log = logging.getLogger(__name__)

LOCALE: Final = "en_GB"
_case_id = click.argument("case_id", metavar="CASE", type=click.UUID)
_note = click.option(
    "--note-stdin", is_flag=True, help="Read a note from standard input, not from the command line."
)


@click.group("cases")
def cases_group() -> None:
    """Matters that staff work on: follow-ups and complaints."""


@cases_group.command("open")
@click.argument("reference")
@organisation_option
@click.option(
    "--kind",
    type=click.Choice([one.value for one in CaseKind]),
    default=CaseKind.FOLLOW_UP.value,
    show_default=True,
)
@_note
def open_command(reference: str, organisation: str, kind: str, note_stdin: bool) -> None:
    """Open a case about a response, which is named by its id or its case reference."""
    text, now = _given(wanted=note_stdin), utc_now()
    with plain_errors(), transaction() as session:
        owner = find_organisation(session, organisation)
        response = handling.find_response(session, owner, reference, keyring=house().keyring)
        case = cases.open_about(
            session, response, kind=CaseKind(kind), text=text, keyring=house().keyring, now=now
        )
        told = _goes(session, owner, case, now=now)
    _log(case, "opened")
    click.echo(f"opened: {case.id}")
    click.echo(told)


@cases_group.command("note")
@_case_id
@organisation_option
def note_command(case_id: UUID, organisation: str) -> None:
    """Write what stands on standard input below what is noted."""
    text = _given(wanted=True)
    with plain_errors(), transaction() as session:
        case = cases.find(session, find_organisation(session, organisation), case_id)
        cases.add_note(session, case, text, keyring=house().keyring, now=utc_now())
    _log(case, "noted")
    click.echo("noted")


def _step_command(name: str, to: CaseState, help_text: str) -> None:
    @cases_group.command(name, help=help_text)
    @_case_id
    @organisation_option
    def move(case_id: UUID, organisation: str) -> None:
        now = utc_now()
        with plain_errors(), transaction() as session:
            owner = find_organisation(session, organisation)
            case = cases.find(session, owner, case_id)
            changed = cases.advance(case, to, at=now)
            session.flush()
            told = _goes(session, owner, case, now=now)
        if changed:
            _log(case, to)
        click.echo(to if changed else f"already {case.state}")
        click.echo(told)


_step_command("review", CaseState.REVIEWED, "Note that a case was gone through.")
_step_command("decide", CaseState.DECIDED, "Note that it is decided what follows.")
_step_command("answer", CaseState.ANSWERED, "Note that the person was answered.")
_step_command("close", CaseState.CLOSED, "Close a case: its own period begins.")


@cases_group.command("reopen")
@_case_id
@organisation_option
def reopen_command(case_id: UUID, organisation: str) -> None:
    """Open a closed case again, as long as it is there."""
    with plain_errors(), transaction() as session:
        case = cases.find(session, find_organisation(session, organisation), case_id)
        changed = cases.reopen(case)
    if changed:
        _log(case, "reopened")
    click.echo("open again" if changed else "it is open")


@cases_group.command("list")
@organisation_option
@click.option("--all", "every", is_flag=True, help="Closed ones too.")
def list_command(organisation: str, every: bool) -> None:
    """The open cases, the oldest first; what is noted in them is not shown."""
    now = utc_now()
    with plain_errors(), reading() as session:
        owner = find_organisation(session, organisation)
        where = [] if every else [Case.closed_at.is_(None)]
        found = session.scalars(
            select(Case)
            .where(Case.organisation_id == owner.id, may_be_used(Case), *where)
            .order_by(Case.opened_at, Case.id)
        ).all()
        for case in found:
            opened = case.opened_at.astimezone(ZoneInfo(owner.timezone)).date()
            told = _goes(session, owner, case, now=now)
            click.echo(f"{case.id}  {case.kind}  {case.state}  since {opened}  {told}")
    if not found:
        click.echo("There is no case." if every else "No case is open.")


def _given(*, wanted: bool) -> str:
    return sys.stdin.read() if wanted else ""


def _goes(session: Session, owner: Organisation, case: Case, *, now: datetime) -> str:
    return kept_days.of_case(session, owner, case, now=now, locale=LOCALE)


def _log(case: Case, state: str) -> None:
    log.info("case.changed", extra={"case_id": case.id, "state": state})
