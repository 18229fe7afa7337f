"""What came back: responses, answers and comments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, sealed_column
from storage.states import CommentKind, CommentState, FollowUp, ResponseState
from storage.tables.row import Identified, Row, owned

_UNCOUNTED = text("counted_in IS NULL AND number IS NOT NULL")


class Response(Identified, Row):
    """What one invitation brought; one per invitation, over however many calls it took."""

    __tablename__ = "responses"

    organisation_id: Mapped[UUID] = owned()
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), index=True)
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), unique=True)
    survey_version_id: Mapped[UUID] = mapped_column(ForeignKey("survey_versions.id"))
    channel: Mapped[str] = mapped_column(String(20), default="voice")
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[ResponseState] = enum_column(ResponseState, default=ResponseState.STARTED)
    follow_up: Mapped[FollowUp] = enum_column(FollowUp, default=FollowUp.NOT_ASKED)
    follow_up_wording: Mapped[str | None] = mapped_column(default=None)
    follow_up_at: Mapped[datetime | None] = mapped_column(default=None)
    objected: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime] = mapped_column(index=True)
    completed_at: Mapped[datetime | None] = mapped_column(default=None)
    # Gone through, decided what follows, told the person: where the schedule says "until handled",
    # the last step is the end of the answers' and the comment's time.
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    handled_at: Mapped[datetime | None] = mapped_column(index=True, default=None)


class Answer(Identified, Row):
    """A score or a choice; exactly one per question of a response."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("response_id", "question_key"),
        # Scores that are not in the statistics yet: a few, however many answers there are.
        Index(
            "ix_answers_uncounted",
            "organisation_id",
            "answered_at",
            "id",
            sqlite_where=_UNCOUNTED,
            postgresql_where=_UNCOUNTED,
        ),
    )

    organisation_id: Mapped[UUID] = owned()
    response_id: Mapped[UUID] = mapped_column(ForeignKey("responses.id"))
    question_key: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    # A score for NPS, CSAT and CES; a stored value for choices and yes/no.
    number: Mapped[int | None] = mapped_column(default=None)
    choice: Mapped[str | None] = mapped_column(String(60), default=None)
    direction: Mapped[str | None] = mapped_column(String(20), default=None)
    answered_at: Mapped[datetime] = mapped_column(index=True)
    # What was answered first is not kept; only that it was put right.
    corrected_at: Mapped[datetime | None] = mapped_column(default=None)
    # The cell of the statistics that holds this answer. No foreign key: nothing is ever looked for
    # by it, and it would lock the cell for every answer.
    counted_in: Mapped[UUID | None] = mapped_column(default=None)


class Comment(Identified, Row):
    """A free remark, spoken or typed; a spoken one's sound and text hang on its recording."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("response_id", "question_key"),
        Index(
            "ix_comments_sensitive_until",
            "sensitive_until",
            sqlite_where=text("sensitive_until IS NOT NULL"),
            postgresql_where=text("sensitive_until IS NOT NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = owned()
    response_id: Mapped[UUID] = mapped_column(ForeignKey("responses.id"))
    question_key: Mapped[str] = mapped_column(String(60))
    kind: Mapped[CommentKind] = enum_column(CommentKind, default=CommentKind.SPOKEN)
    state: Mapped[CommentState] = enum_column(CommentState, default=CommentState.RECORDED)
    text_sealed: Mapped[bytes | None] = sealed_column("free_comments")
    made_at: Mapped[datetime] = mapped_column(index=True)
    corrected_at: Mapped[datetime | None] = mapped_column(default=None)
    # Staff marked it as sensitive; and until when it is kept at most because of that.
    sensitive_at: Mapped[datetime | None] = mapped_column(default=None)
    sensitive_until: Mapped[datetime | None] = mapped_column(default=None)
