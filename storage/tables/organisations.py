"""Organisations as the operator's files describe them, with lines, campaigns and mailboxes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, sealed_column
from storage.states import CampaignState
from storage.tables.row import Identified, Row, owned


class Organisation(Identified, Row):
    """The controller; `document` is its file as last applied, without staff addresses."""

    __tablename__ = "organisations"

    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(60))
    document: Mapped[dict[str, Any]]
    # Which version of its retention schedule the document holds: the one in force.
    policy_number: Mapped[int] = mapped_column(default=1)
    applied_at: Mapped[datetime]
    # After a restore: from when on nobody here knows whom its campaigns contacted, until the
    # provider was asked; and since when a person is to look at what keeps data from being deleted.
    contacts_unknown_since: Mapped[datetime | None] = mapped_column(default=None)
    kept_unconfirmed_since: Mapped[datetime | None] = mapped_column(default=None)


class Line(Identified, Row):
    """A telephone number we call from; people may call it back."""

    __tablename__ = "lines"

    organisation_id: Mapped[UUID] = owned()
    number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    calls_per_second: Mapped[float]
    simultaneous_calls: Mapped[int]


class SurveyVersion(Identified, Row):
    """A script exactly as callers hear it; never changed, only followed by a newer one."""

    __tablename__ = "survey_versions"
    __table_args__ = (UniqueConstraint("organisation_id", "survey_key", "fingerprint"),)

    organisation_id: Mapped[UUID] = owned(index=False)
    survey_key: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Campaign(Identified, Row):
    """A survey, who is asked and when; `rules` is its part of the organisation's file."""

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    organisation_id: Mapped[UUID] = owned(index=False)
    key: Mapped[str] = mapped_column(String(60))
    survey_version_id: Mapped[UUID] = mapped_column(ForeignKey("survey_versions.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"))
    state: Mapped[CampaignState] = enum_column(CampaignState, default=CampaignState.RUNNING)
    # Why it stands still when nobody told it to: the ceiling of money, a provider that refuses us.
    state_reason: Mapped[str | None] = mapped_column(String(60), default=None)
    state_changed_at: Mapped[datetime | None] = mapped_column(default=None)
    rings_at_any_hour: Mapped[bool] = mapped_column(default=False)
    rules: Mapped[dict[str, Any]]


class MailboxNotice(Identified, Row):
    """What a mailbox says before the tone, and on what ground; never changed, only followed by
    another.

    Not with it is the mailbox's own greeting, which may name staff and goes when the mailbox does.
    """

    __tablename__ = "mailbox_notices"
    __table_args__ = (UniqueConstraint("organisation_id", "fingerprint"),)

    organisation_id: Mapped[UUID] = owned(index=False)
    number: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Mailbox(Identified, Row):
    """Where a client company's callers leave messages; `script` is what they hear.

    One that is in no file any more stays for the name that its messages show, until they are gone.
    """

    __tablename__ = "mailboxes"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    organisation_id: Mapped[UUID] = owned(index=False)
    key: Mapped[str] = mapped_column(String(60))
    number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(10))
    script: Mapped[dict[str, Any]]
    # What the script says before the tone, kept for those who heard it.
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("mailbox_notices.id"), default=None)
    notify_sealed: Mapped[bytes | None] = sealed_column("staff_register")
    retired_at: Mapped[datetime | None] = mapped_column(default=None)
