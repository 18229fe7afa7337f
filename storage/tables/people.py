"""Staff who sign in, and the ledger of what they heard and read."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, housewide_column, sealed_column
from storage.listening_words import Act, Purpose
from storage.tables.row import Identified, Row, owned


class Role(StrEnum):
    """What a user may do; rooms for officers and client companies grow on these."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    CLIENT = "client"
    OPERATOR = "operator"
    # Figures, and no person.
    ANALYST = "analyst"


class User(Identified, Row):
    """Somebody who signs in to the console; without an organisation, to all of them."""

    __tablename__ = "users"

    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisations.id"), index=True, default=None
    )
    # Under the account's own key, and what finds it; none of either once the account is emptied.
    sign_in_name_sealed: Mapped[bytes | None] = sealed_column("staff_register")
    sign_in_name_hash: Mapped[bytes | None] = housewide_column("staff_register")
    role: Mapped[Role] = enum_column(Role, default=Role.STAFF)
    password_hash: Mapped[str] = mapped_column(String(200))
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    # When the name of somebody who left is emptied; and when that was done.
    erase_at: Mapped[datetime | None] = mapped_column(index=True, default=None)
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class Sitting(Identified, Row):
    """One stay of a user in the console, from sign-in to sign-out; the cookie names its id."""

    __tablename__ = "sittings"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    begun_at: Mapped[datetime]
    # The last thing the user did, to the minute; pages that refresh themselves do not count.
    seen_at: Mapped[datetime]


class Listening(Identified, Row):
    """Who heard or read what a person said or wrote, when and what for: shown to the person.

    Without a user it was the person themself, with a receipt code; `sitting_id` is then the code's.
    """

    __tablename__ = "listenings"
    __table_args__ = (UniqueConstraint("user_id", "item_id", "sitting_id", "act"),)

    organisation_id: Mapped[UUID] = owned()
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    # A recording, or a typed comment; of a mark, the comment or message. No foreign key: the ledger
    # outlives what was opened.
    item_id: Mapped[UUID] = mapped_column(index=True)
    act: Mapped[Act] = enum_column(Act, default=Act.HEARD)
    # None in lines from before it was noted.
    purpose: Mapped[Purpose | None] = enum_column(Purpose, default=None)
    # The open case it was about; no foreign key either.
    case_id: Mapped[UUID | None] = mapped_column(default=None)
    # Once per stay, however often the player asks for a part; outlives the sitting's row. Of a mark
    # an id of its own, as each step has its line.
    sitting_id: Mapped[UUID]
    listened_at: Mapped[datetime]
