"""One response with all that belongs to it, gathered for its page."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from console import comment_cards, dates, handling, matters, scores, timelines, wording
from console.comment_cards import CommentCard
from console.handling import Handling
from console.matters import MatterLine
from console.scores import ShownAnswer
from console.timelines import Moment
from console.visitor import Visitor
from console.wording import Said
from storage import case_references
from storage.house import house
from storage.tables import (
    Answer,
    Campaign,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    Response,
)
from survey import permission_words
from survey.anonymity import may_tell_who
from survey.permission_terms import Decision


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """What the page of a response shows."""

    id: UUID
    organisation: str
    campaign: str
    zone: tzinfo
    case_reference: str
    channel: str | None
    reason: str | None
    team: str | None
    # None where nobody is to learn whose matter it was.
    happened_at: datetime | None
    method: str
    language: str
    state: Said
    started_at: datetime
    completed_at: datetime | None
    answers: tuple[ShownAnswer, ...]
    comments: list[CommentCard]
    follow_up: Said
    follow_up_wording: str | None
    follow_up_at: datetime | None
    may_contact: bool
    contact_reason: str
    objected: bool
    timeline: list[Moment]
    handling: Handling
    matters: list[MatterLine]


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach somebody who asked for it; None where it was erased or never given."""

    name: str | None
    phone: str | None
    # Where the number came from, if anybody said.
    source: str | None = None


def shown(
    session: Session, who: Visitor, row: Response, decision: Decision, *, now: datetime
) -> ResponsePage:
    """The page of a response the visitor may see; `decision` is about contacting the person."""
    keyring = house().keyring
    invitation, interaction, campaign, organisation = session.execute(
        select(Invitation, Interaction, Campaign, Organisation)
        .join(Interaction, Invitation.interaction_id == Interaction.id)
        .join(Campaign, Invitation.campaign_id == Campaign.id)
        .join(Organisation, Invitation.organisation_id == Organisation.id)
        .where(Invitation.id == row.invitation_id, who.sees(Invitation))
    ).one()
    answers = session.scalars(select(Answer).where(Answer.response_id == row.id)).all()
    comments = session.scalars(
        select(Comment).where(Comment.response_id == row.id).order_by(Comment.made_at)
    ).all()
    script = scores.scripts(session, [row.survey_version_id])[row.survey_version_id]
    known = may_tell_who(campaign, row.follow_up)
    return ResponsePage(
        id=row.id,
        organisation=organisation.name,
        campaign=campaign.key,
        zone=ZoneInfo(organisation.timezone),
        case_reference=case_references.reference_of(keyring, interaction) if known else "",
        channel=interaction.channel,
        reason=interaction.reason,
        team=interaction.team,
        happened_at=interaction.happened_at if known else None,
        method=row.channel,
        language=row.language,
        state=wording.RESPONSE[row.state],
        started_at=row.started_at,
        completed_at=row.completed_at,
        answers=scores.in_words(script, answers, language=row.language),
        comments=comment_cards.cards(session, who, keyring, comments, locale=dates.reader_locale()),
        follow_up=wording.FOLLOW_UP[row.follow_up],
        follow_up_wording=row.follow_up_wording,
        follow_up_at=row.follow_up_at,
        may_contact=decision.allowed,
        contact_reason=permission_words.sentence(decision, at=now),
        objected=row.objected,
        timeline=timelines.of(session, invitation, interaction) if known else [],
        handling=handling.shown(session, organisation, row, now=now),
        matters=matters.about(session, row, organisation),
    )


def contact(session: Session, row: Response) -> Contact:
    """Name and number of the person; the caller has asked whether they may be shown."""
    customer = _customer(session, row)
    name, phone = house().keyring.open_many(
        [
            (customer.id, "customer.name", customer.name_sealed),
            (customer.id, "customer.phone", customer.phone_sealed),
        ]
    )
    return Contact(name=name, phone=phone, source=customer.source)


def number_of(session: Session, row: Response) -> str | None:
    """The person's number, for a decision and never for a page."""
    customer = _customer(session, row)
    return house().keyring.open_many([(customer.id, "customer.phone", customer.phone_sealed)])[0]


def _customer(session: Session, row: Response) -> Customer:
    return session.scalars(
        select(Customer)
        .join(Invitation, Invitation.customer_id == Customer.id)
        .where(Invitation.id == row.invitation_id, Customer.organisation_id == row.organisation_id)
    ).one()
