"""What is in no file any more: campaigns stop, mailboxes give their number up, nothing is lost."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.directory import Configuration
from config.organisation_file import Organisation as OrganisationFile
from storage.states import CampaignState
from storage.tables import Campaign, Mailbox, Organisation


def retire_missing(session: Session, files: Configuration) -> list[str]:
    """Stop what vanished from the files, and let go of mailbox numbers that change.

    Comes before anything is applied, so that numbers may move between mailboxes and organisations.
    One sentence for each thing stopped.
    """
    said: list[str] = []
    for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
        file = files.organisations.get(organisation.key)
        stopped = [
            *_stop_campaigns(session, organisation, file),
            *_close_mailboxes(session, organisation, file),
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
    session: Session, organisation: Organisation, file: OrganisationFile | None
) -> list[str]:
    numbers = {rules.key: rules.number for rules in file.mailboxes} if file else {}
    said = []
    of_organisation = select(Mailbox).where(Mailbox.organisation_id == organisation.id)
    for mailbox in session.scalars(of_organisation.order_by(Mailbox.key)):
        if mailbox.number == numbers.get(mailbox.key) or mailbox.number == _no_number(mailbox):
            continue
        mailbox.number = _no_number(mailbox)
        if mailbox.key not in numbers:
            said.append(f"mailbox {mailbox.key}: is in no file any more, takes no more messages")
    return said


def _no_number(mailbox: Mailbox) -> str:
    """What stands in place of a number nobody can dial; unique because ids are."""
    return f"none-{mailbox.id.hex[-14:]}"
