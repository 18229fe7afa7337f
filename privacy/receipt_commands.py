"""`flask receipts …`: what was deleted can be shown, checked and handed out."""

import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import click
from sqlalchemy import select

from privacy import head_mail, ledger_loss, receipt_export, restoring
from privacy.erasing import hands_of
from privacy.restoring import TooOldError
from storage import ledger_check, receipt_chain
from storage.blobs import StorageUnreachable
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, utc_now
from storage.receipt_chain import Head, NoHeadError
from storage.receipts import HOUSE_CHAIN
from storage.tables import LedgerHead, Organisation

_HASH = re.compile(r"[0-9a-f]{64}")
_HOUSE = "(the house itself)"
_organisation = click.option("--organisation", "key", required=True, help="Its key.")


@click.group("receipts", help="What was deleted, provably: the ledger of receipts.")
def receipts_group() -> None:
    """The group of the receipt commands."""


@receipts_group.command("verify")
@click.option("--organisation", "key", help="Only this organisation's chain.")
@click.option(
    "--head", "told", multiple=True, help="A head that was mailed or printed: its hash or a file."
)
def verify_command(key: str | None, told: tuple[str, ...]) -> None:
    """Find every altered, left out or displaced receipt; ends with 1 when there is one."""
    heads = [_read_head(one) for one in told if not _HASH.fullmatch(one)]
    hashes = [one for one in told if _HASH.fullmatch(one)]
    if hashes and key is None:
        _refuse("a hash alone does not say whose chain it is of; add --organisation KEY")
    faulty, now = False, utc_now()
    for chain, name in _chains(key, heads):
        faults = _faults(chain, [h for h in heads if h.chain == str(chain)], hashes, now=now)
        for fault in faults:
            click.echo(f"{name}: {fault}")
        faulty = faulty or bool(faults)
        if not faults:
            head = house().ledger.head(chain, at=now)
            click.echo(f"{name}: all well, {head.sequence} lines up to {head.hash}")
    if faulty:
        sys.exit(1)


def _faults(
    chain: UUID, heads: Sequence[Head], hashes: Sequence[str], *, now: datetime
) -> list[receipt_chain.Fault]:
    with reading() as session:
        seen = session.get(LedgerHead, chain)
    ledger = house().ledger
    known = [(head.sequence, head.hash) for head in heads]
    if seen is not None:
        known.append((seen.sequence, seen.hash))
    key = ledger.public_key()
    faults = [
        fault
        for head in heads
        for fault in receipt_chain.check_head(head, chain=str(chain), public_key=key)
    ]
    return faults + ledger_check.check(ledger, chain, now=now, heads=known, hashes=hashes)


def _chains(key: str | None, heads: Sequence[Head]) -> Iterator[tuple[UUID, str]]:
    if key is not None:
        organisation = _find(key)
        if foreign := [head for head in heads if head.chain != str(organisation.id)]:
            _refuse(f"the given head is of another chain, {foreign[0].chain}")
        yield organisation.id, organisation.key
        return
    with reading() as session:
        names = dict(session.execute(select(Organisation.id, Organisation.key)).all())
        seen = session.scalars(select(LedgerHead.chain)).all()
    chains = {*house().ledger.chains(), *seen, *(UUID(head.chain) for head in heads)}
    for chain in sorted(chains):
        yield chain, _HOUSE if chain == HOUSE_CHAIN else names.get(chain, str(chain))


@receipts_group.command("head")
@_organisation
def head_command(key: str) -> None:
    """Print the signed head of an organisation's receipts, to keep on paper or elsewhere."""
    head = house().ledger.head(_find(key).id, at=utc_now())
    click.echo(receipt_chain.write_head(head), nl=False)


@receipts_group.command("mail-head")
@_organisation
def mail_head_command(key: str) -> None:
    """Mail the signed head to the organisation's privacy_email, as happens every month."""
    organisation = _find(key)
    try:
        head = head_mail.mail(
            organisation, ledger=house().ledger, settings=house().settings, now=utc_now()
        )
    except (TryAgain, GiveUp) as fault:
        _refuse(f"{fault} ({fault.code})")
    click.echo(
        f"line {head.sequence} mailed to {organisation.document['contact']['privacy_email']}"
    )


@receipts_group.command("export")
@_organisation
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="A folder, made if missing.",
)  # fmt: skip
def export_command(key: str, folder: Path) -> None:
    """Write an organisation's receipts with key, head and the program that checks them."""
    organisation = _find(key)
    try:
        count = receipt_export.export(house().ledger, organisation.id, folder, now=utc_now())
    except OSError as fault:
        _refuse(f"{folder} cannot be written to: {fault.strerror}; give a folder of your own")
    click.echo(f"{count} receipts in {folder}; check them with: python {folder}/verify.py")


@receipts_group.command("accept-loss")
def accept_loss_command() -> None:
    """Go on with a ledger that has lost lines, and write the loss into it."""
    lost = ledger_loss.accept(ledger=house().ledger, keyring=house().keyring, now=utc_now())
    for chain, number in lost.items():
        click.echo(f"{chain}: {number} lines lost, noted")
    if not lost:
        click.echo("No line is lost.")


@click.command("restore-check")
def restore_check_command() -> None:
    """After a restore, delete again what was deleted since the backup.

    Nothing opens before. It can be repeated, and does no harm where nothing was restored.
    """
    try:
        done = restoring.check(hands=hands_of(house()), database=house().database, now=utc_now())
    except TooOldError as error:
        _refuse(str(error))
    except StorageUnreachable as error:
        _refuse(
            f"the store of RECORDINGS_URL cannot be reached ({error}), and files deleted since the "
            "backup may lie there; nothing opens before. Put it right and run this command again"
        )
    click.echo(f"{done.lines} lines of the ledger looked at")
    click.echo(f"{done.rows:>8}  rows deleted or emptied again")
    click.echo(f"{done.keys:>8}  keys destroyed again")
    click.echo(
        f"{done.wishes:>8}  objections, withdrawn consents, restrictions, holds, schedules and "
        "closed accounts put back"
    )
    for one in done.paused:
        click.echo(f"paused: campaign {one.campaign} of {one.organisation}")
    if done.paused:
        click.echo(
            "Who was contacted after the backup was made is not known here. Import again what was "
            "imported since; 'flask campaigns start' then asks the provider for its calls and text "
            "messages, and rings nobody of them again."
        )
    if done.waiting:
        click.echo(
            "Nothing goes by age before a privacy officer has looked at the holds, whose reasons "
            "may be lost, and at the schedule: 'flask privacy restored show', then 'confirm'. "
            f"That waits in: {', '.join(done.waiting)}"
        )


def _find(key: str) -> Organisation:
    with reading() as session:
        wanted = select(Organisation).where(Organisation.key == key)
        organisation = session.scalars(wanted).one_or_none()
    if organisation is None:
        _refuse(f"there is no organisation {key}; 'flask organisations apply' lists them")
    return organisation


def _read_head(file: str) -> Head:
    try:
        return receipt_chain.read_head(Path(file).read_text("utf-8"))
    except OSError:
        _refuse(f"{file} is neither a hash of 64 digits nor a file that can be read")
    except (NoHeadError, UnicodeDecodeError):
        _refuse(f"{file} holds no signed head; 'flask receipts head' prints one")


def _refuse(text: str) -> NoReturn:
    click.echo(f"Error: {text}", err=True)
    sys.exit(2)
