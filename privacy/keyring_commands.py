"""`flask keys …`: the keyring's own short-lived backups, and new master keys."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from privacy import clock_brake, emptied_logs
from storage import forgotten_names, keyring_backup
from storage.house import house, utc_now
from storage.keyring_backup import BadKeyringBackupError
from storage.master_keys import WrongMasterKeyError

keys_group = click.Group("keys", help="The keyring.")


@keys_group.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the file; KEYRING_BACKUPS_DIR unless given.")  # fmt: skip
def backup_command(folder: Path | None) -> None:
    """Write all keys, wrapped, into a new file, and remove files older than KEYRING_BACKUPS_KEPT.

    Keep the folder apart from other backups, and copy no file of it to where it would stay longer.
    """
    settings, now = house().settings, utc_now()
    folder = folder or settings.keyring_backups_dir
    if folder is None:
        _refuse("say where with --to FOLDER, or set KEYRING_BACKUPS_DIR")
    removed = "old files stay: the machine's clock leapt, see 'flask retention status'"
    if not clock_brake.holds_back(now=now):
        old = keyring_backup.remove_old(folder, kept=settings.keyring_backups_kept, now=now)
        removed = f"{old} older files removed"
    try:
        made = keyring_backup.back_up(house().keyring, folder, now=now)
    except OSError as error:
        _refuse(f"no backup was made: {error}; {removed}")
    click.echo(f"{made.keys} keys in {made.file}; {removed}")


@keys_group.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_command(file: Path) -> None:
    """Put back the keys that the keyring has lost; those destroyed since stay destroyed.

    Keys made after the backup are lost if the keyring is: what they sealed stays shut.
    """
    try:
        done = keyring_backup.put_back(house().keyring, house().ledger, file, now=utc_now())
    except (BadKeyringBackupError, WrongMasterKeyError) as error:
        _refuse(str(error))
    click.echo(f"{done.restored} keys put back from {done.made_at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"{done.destroyed} of them destroyed again, as the ledger knows")
    click.echo("'flask storage reconcile' says what has no key; start the service again.")


@keys_group.command("rotate")
def rotate_command() -> None:
    """Wrap every data key under the first key of MASTER_KEY, while everything goes on.

    Have every process know both keys first, the old one in front; then put the new one in front,
    restart one process after the other, run this, and remove the old key.
    """
    count, keyring = 0, house().keyring
    house().ledger.rewrap()
    while wrapped := keyring.rewrap():
        count += wrapped
        click.echo(f"\r{count} keys wrapped anew", nl=False)
    click.echo(f"\r{count} keys wrapped anew; the other master keys are no longer needed")


@keys_group.command("forget")
def forget_command() -> None:
    """Forget the names under which backups know whoever is gone; a job does it every six hours.

    A name has to rest for three hours before it goes, so of what has just gone a later
    run takes it. Refused under a clock that leapt ahead.
    """
    if clock_brake.holds_back(now=utc_now()):
        _refuse("the machine's clock leapt, see 'flask retention status'; nothing was forgotten")
    done = forgotten_names.sweep(
        house().database,
        house().keyring.names,
        kept=house().settings.keyring_backups_kept,
        now=utc_now(),
    )
    emptied_logs.empty(house(), now=utc_now())
    click.echo(f"{done.destroyed} names forgotten, {done.renamed} of a no or a yes replaced")


def _refuse(why: str) -> NoReturn:
    click.echo(f"Error: {why}", err=True)
    sys.exit(2)
