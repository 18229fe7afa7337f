"""`flask receipts …`: what was deleted can be shown, checked and handed out."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import click
from sqlalchemy import select

from privacy import head_mail, ledger_loss, receipt_export, restoring
from privacy.erasing import hands_of
from privacy.restoring import TooOldError
from storage import ledger_check, receipt_chain, receipt_signing
from storage.blobs import StorageUnreachable
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, utc_now
from storage.ledger_check import Checked
from storage.receipt_chain import Head, NoHeadError
from storage.receipts import HOUSE_CHAIN
from storage.tables import LedgerHead, Organisation

_HASH = re.compile(r"[0-9a-f]{64}")
_HOUSE = "(the house itself)"
C = TypeVar("C", bound=Callable[..., Any])


def _whose(command: C) -> C:
    """The two ways to say whose receipts are meant."""
    organisation = click.option("--organisation", "key", help="The organisation's key.")
    house_itself = click.option(
        "--house", "own", is_flag=True, help="Those of what belongs to no organisation."
    )
    return organisation(house_itself(command))


@click.group("receipts", help="What was deleted, provably: the ledger of receipts.")
def receipts_group() -> None:
    """The group of the receipt commands."""


@receipts_group.command("verify")
@_whose
@click.option(
    "--head", "told", multiple=True, help="A head that was mailed or printed: its hash or a file."
)
def verify_command(key: str | None, own: bool, told: tuple[str, ...]) -> None:
    """Find every altered, left out or displaced receipt; ends with 1 when there is one.

    Ends with 3 when all is well but for a given head whose line expired, so that nothing compares.
    Looks at one chain where it is said which, and at all of them otherwise.
    """
    heads = [_read_head(one) for one in told if not _HASH.fullmatch(one)]
    hashes = [one for one in told if _HASH.fullmatch(one)]
    one = _chain(key, own) if key is not None or own else None
    if hashes and one is None:
        _refuse("a hash alone does not say whose chain it is of; add --organisation KEY or --house")
    codes, now = set[int](), utc_now()
    for chain, name in _chains(one, heads):
        seen = _checked(chain, [h for h in heads if h.chain == str(chain)], hashes, now=now)
        code, found = receipt_chain.summary(
            seen.faults, read=seen.read, last=seen.last, digest=seen.last_hash
        )
        for said in (*seen.faults, found):
            click.echo(f"{name}: {said}")
        codes.add(code)
    if codes - {0}:
        sys.exit(1 if 1 in codes else 3)


def _checked(
    chain: UUID, heads: Sequence[Head], hashes: Sequence[str], *, now: datetime
) -> Checked:
    with reading() as session:
        seen = session.get(LedgerHead, chain)
    ledger = house().ledger
    known = [] if seen is None else [(seen.sequence, seen.hash)]
    key = ledger.public_key()
    faults = [
        fault
        for head in heads
        for fault in receipt_chain.check_head(head, chain=str(chain), public_key=key)
    ]
    found = ledger_check.look(ledger, chain, now=now, heads=known, hashes=hashes, given=heads)
    return replace(found, faults=faults + found.faults)


def _chains(one: tuple[UUID, str] | None, heads: Sequence[Head]) -> Iterator[tuple[UUID, str]]:
    if one is not None:
        if foreign := [head for head in heads if head.chain != str(one[0])]:
            _refuse(f"the given head is of another chain, {foreign[0].chain}")
        yield one
        return
    with reading() as session:
        names = dict(session.execute(select(Organisation.id, Organisation.key)).all())
        seen = session.scalars(select(LedgerHead.chain)).all()
    chains = {*house().ledger.chains(), *seen, *(UUID(head.chain) for head in heads)}
    for chain in sorted(chains):
        yield chain, _HOUSE if chain == HOUSE_CHAIN else names.get(chain, str(chain))


@receipts_group.command("head")
@_whose
def head_command(key: str | None, own: bool) -> None:
    """Print the signed head of a chain of receipts, to keep on paper or elsewhere."""
    chain, _ = _chain(key, own)
    head = house().ledger.head(chain, at=utc_now())
    click.echo(receipt_signing.write_head(head), nl=False)


@receipts_group.command("mail-head")
@_whose
def mail_head_command(key: str | None, own: bool) -> None:
    """Mail the signed head to its witness, as happens every month.

    An organisation's goes to its privacy_email, the house's to WITNESS_EMAIL.
    """
    settings = house().settings
    _chain(key, own)
    witness = (
        head_mail.of_the_house(settings) if key is None else head_mail.of_organisation(_find(key))
    )
    if witness is None:
        _refuse("WITNESS_EMAIL is not set; name who is mailed the house's own receipts")
    try:
        head = head_mail.mail(witness, ledger=house().ledger, settings=settings, now=utc_now())
    except (TryAgain, GiveUp) as fault:
        _refuse(f"{fault} ({fault.code})")
    click.echo(f"line {head.sequence} mailed to {witness.to}")


@receipts_group.command("export")
@_whose
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="A folder, made if missing.",
)  # fmt: skip
def export_command(key: str | None, own: bool, folder: Path) -> None:
    """Write a chain of receipts with key, head and the program that checks them."""
    chain, _ = _chain(key, own)
    try:
        count = receipt_export.export(house().ledger, chain, folder, now=utc_now())
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


def _chain(key: str | None, own: bool) -> tuple[UUID, str]:
    """The chain that is meant, and its name; ends with 2 unless exactly one is named."""
    if (key is not None) == own:
        _refuse("say whose receipts: --organisation KEY, or --house for the house itself")
    if key is None:
        return HOUSE_CHAIN, _HOUSE
    organisation = _find(key)
    return organisation.id, organisation.key


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
