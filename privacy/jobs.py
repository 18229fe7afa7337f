"""The jobs of this room: each hands the house to the function that does the work."""

from datetime import timedelta
from typing import Final

from privacy import clock_brake, emptied_logs, head_mail
from privacy import purge as purging
from privacy.erasing import hands_of
from storage import forgotten_names, keyring_backup, receipt_writing, restoration
from storage.faults import TryAgain
from storage.house import house, transaction, utc_now
from storage.jobs import job
from storage.moments_ahead import lies_ahead
from storage.periodic import mark_done
from storage.queue import JobName

_LONGEST_SEED: Final = timedelta(days=2)


@job
def purge() -> None:
    """Delete what is past its period; fails when something must wait for the next run.

    Nothing goes, here and below, under a clock that leapt ahead.
    """
    now = utc_now()
    if clock_brake.holds_back(now=now):
        return
    totals = purging.run(hands=hands_of(house()), database=house().database, now=now)
    if totals.left:
        raise TryAgain("some of what is due could not be deleted yet", code="purge_incomplete")
    with transaction() as session:
        mark_done(session, JobName.PURGE, now=now)


@job
def sweep_receipts() -> None:
    """Write into the ledger what has happened and is not written yet, and count with it."""
    now = utc_now()
    restoration.count(house().database, house().ledger, at=now)
    receipt_writing.write_out(ledger=house().ledger, keyring=house().keyring, now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_RECEIPTS, now=now)


@job
def mail_receipt_heads() -> None:
    """Mail each witness the head of a chain, once a month; nothing without MAIL_URL."""
    now = utc_now()
    if house().settings.mail_url is not None:
        head_mail.mail_due(ledger=house().ledger, settings=house().settings, now=now)
    with transaction() as session:
        mark_done(session, JobName.MAIL_RECEIPT_HEADS, now=now)


@job
def back_up_keyring() -> None:
    """Remove old backups of the keyring and write the daily one; nothing without a folder.

    Removed first: a disk that is full keeps no key alive.
    """
    now, settings = utc_now(), house().settings
    if settings.keyring_backups_dir is not None:
        if not clock_brake.holds_back(now=now):
            keyring_backup.remove_old(
                settings.keyring_backups_dir, kept=settings.keyring_backups_kept, now=now
            )
        keyring_backup.back_up(house().keyring, settings.keyring_backups_dir, now=now)
    with transaction() as session:
        mark_done(session, JobName.BACK_UP_KEYRING, now=now)


@job
def sweep_names() -> None:
    """Forget the names of whoever is gone, so that no backup tells whose its rows were."""
    now, settings = utc_now(), house().settings
    if clock_brake.holds_back(now=now):
        return
    # A seed goes with each backup; where none is made, by itself.
    seed = house().keyring.names.seed()
    if seed is not None and (
        now - seed.made_at > _LONGEST_SEED or lies_ahead(seed.made_at, now=now)
    ):
        house().keyring.names.renew_seed(now=now)
    done = forgotten_names.sweep(
        house().database, house().keyring.names, kept=settings.keyring_backups_kept, now=now
    )
    if done.destroyed or done.renamed:
        emptied_logs.empty(house(), now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_NAMES, now=now)
