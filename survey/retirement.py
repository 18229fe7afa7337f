"""What is in no file any more: campaigns stop, mailboxes give their number up.

Of a retired mailbox the addresses of staff are erased at once, with their key and a receipt; so is
an address that one in use tells no more. The messages of a retired one stay until their time is
over, and with them the name that they show; a mailbox of the same key in a later file is another
one.
"""

from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from config.directory import Configuration
from config.organisation_file import Organisation as OrganisationFile
from config.retention_rules import DataClass
from storage import dropping
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.receipts import Erased, Receipt, Way, What
from storage.states import CampaignState
from storage.tables import Call, Campaign, Hold, Mailbox, Message, Organisation, Row


class StaffHeldError(GiveUp):
    """A hold on the register of staff stands, and the files name an address of it no more."""


def retire_missing(
    session: Session, files: Configuration, *, keyring: Keyring, now: datetime
) -> list[str]:
    """Stop what vanished from the files, and let go of mailbox numbers that change.

    Comes before anything is applied, so that numbers may move between mailboxes and organisations.
    One sentence for each thing stopped. Raises StaffHeldError.
    """
    said: list[str] = []
    for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
        file = files.organisations.get(organisation.key)
        stopped = [
            *_stop_campaigns(session, organisation, file),
            *_close_mailboxes(session, organisation, file, keyring=keyring, now=now),
        ]
        if file is None and stopped:
            said.append(f"organisation {organisation.key}: is in no file any more")
        said += [f"organisation {organisation.key}: {one}" for one in stopped]
    session.flush()
    return said


def _stop_campaigns(
    session: Session, organisation: Organisation, file: OrganisationFile | None
) -> list[str]:
    kept = [rules.key for rules in file.campaigns] if file else []
    vanished = session.scalars(
        select(Campaign)
        .where(
            Campaign.organisation_id == organisation.id,
            Campaign.key.not_in(kept),
            Campaign.state != CampaignState.STOPPED,
        )
        .order_by(Campaign.key)
    ).all()
    for campaign in vanished:
        campaign.state = CampaignState.STOPPED
    return [f"campaign {one.key}: is in no file any more, stopped" for one in vanished]


def _close_mailboxes(
    session: Session,
    organisation: Organisation,
    file: OrganisationFile | None,
    *,
    keyring: Keyring,
    now: datetime,
) -> list[str]:
    numbers = {rules.key: rules.number for rules in file.mailboxes} if file else {}
    said = []
    of_organisation = select(Mailbox).where(Mailbox.organisation_id == organisation.id)
    for mailbox in session.scalars(of_organisation.order_by(Mailbox.key)).all():
        if mailbox.retired_at is None and mailbox.key not in numbers:
            said.append(f"mailbox {mailbox.key}: is in no file any more, takes no more messages")
            _retire(session, mailbox, keyring=keyring, now=now)
        if mailbox.retired_at is not None:
            _silence(session, mailbox)
        elif mailbox.number != numbers[mailbox.key]:
            mailbox.number = _nothing(mailbox)
    return said


def _retire(session: Session, mailbox: Mailbox, *, keyring: Keyring, now: datetime) -> None:
    _look_for_a_hold(session, mailbox, now=now)
    # Key and number are free again: in a later file they are a new mailbox, under a key of its own.
    mailbox.key = mailbox.number = _nothing(mailbox)
    mailbox.notify_sealed, mailbox.retired_at = None, now
    receipt = _receipt(mailbox, "staff_register: in no file any more", now=now)
    gone = Erased(Mailbox.__tablename__, (mailbox.id,), Way.BLANK_MAILBOX, (mailbox.id,))
    dropping.drop_key(session, receipt, gone, keyring=keyring)


def in_another_row(
    session: Session, mailbox: Mailbox, *, keyring: Keyring, now: datetime
) -> Mailbox:
    """The same mailbox under another id, and so another key, with its calls and messages.

    For an address that is in its file no more: the old key is destroyed with a receipt, so that no
    backup tells it. Whom it tells now is to be sealed anew. Raises StaffHeldError.
    """
    _look_for_a_hold(session, mailbox, now=now)
    old, table = mailbox.id, Row.metadata.tables[Mailbox.__tablename__]
    values = {column.name: getattr(mailbox, column.name) for column in table.columns}
    mailbox.key = mailbox.number = _nothing(mailbox)
    session.flush()
    fresh = Mailbox(**values | {"id": new_id(), "notify_sealed": None})
    session.add(fresh)
    session.flush()
    for referring in (Call, Message):
        theirs = update(referring).where(
            referring.organisation_id == fresh.organisation_id, referring.mailbox_id == old
        )
        session.execute(theirs.values(mailbox_id=fresh.id))
    session.delete(mailbox)
    session.flush()
    gone = Erased(Mailbox.__tablename__, (old,), Way.BLANK_MAILBOX, (old,))
    receipt = _receipt(fresh, "staff_register: an address in no file any more", now=now)
    dropping.drop_key(session, receipt, gone, keyring=keyring)
    return fresh


def _look_for_a_hold(session: Session, mailbox: Mailbox, *, now: datetime) -> None:
    """Emptying cannot wait for the end of a hold, as the key and number are free again at once."""
    if mailbox.notify_sealed is None:
        return
    stands = (
        Hold.released_at.is_(None),
        or_(Hold.ends_at.is_(None), Hold.ends_at > now),
        Hold.data_class == DataClass.STAFF_REGISTER,
    )
    held = select(Hold.id).where(Hold.organisation_id == mailbox.organisation_id, *stands)
    hold = session.scalars(held.order_by(Hold.id).limit(1)).first()
    if hold is not None:
        owner = session.get_one(Organisation, mailbox.organisation_id).key
        raise StaffHeldError(
            f"hold {hold} keeps the staff register of {owner}, and the files name addresses of "
            f"mailbox {mailbox.key} no more, which would delete them: leave them in the file, or "
            f"release the hold first with 'flask holds release'; nothing was changed",
            code="staff_held",
        )


def _silence(session: Session, mailbox: Mailbox) -> None:
    """Empty what its callers heard, unless somebody is in a call with it now."""
    calling = exists().where(Call.mailbox_id == mailbox.id, Call.ended_at.is_(None))
    if mailbox.script and not session.scalar(select(calling)):
        mailbox.script = {}


def _receipt(mailbox: Mailbox, rule: str, *, now: datetime) -> Receipt:
    return Receipt(
        what=What.ERASED,
        happened_at=now,
        organisation_id=mailbox.organisation_id,
        data_class=DataClass.STAFF_REGISTER,
        kind="mailboxes",
        rule=rule,
        count=1,
        keys=1,
    )


def _nothing(mailbox: Mailbox) -> str:
    """What stands in place of a number nobody can dial; unique because ids are."""
    return f"none-{mailbox.id.hex[-14:]}"
