"""The rows, one file per kind of thing; `storage.tables.row` holds what they share."""

from storage.tables.calls import Attempt, Call, CallEvent, PermissionDecision, ProviderCopy
from storage.tables.customers import Customer, Interaction, Invitation, Objection
from storage.tables.housekeeping import Alarm, Lease, PeriodicJob, PurgeRun
from storage.tables.messages import Delivery, Message
from storage.tables.organisations import Campaign, Line, Mailbox, Organisation, SurveyVersion
from storage.tables.people import Listening, Role, Sitting, User
from storage.tables.recordings import Recording, Transcript
from storage.tables.responses import Answer, Comment, Response
from storage.tables.row import Row

__all__ = [
    "Alarm",
    "Answer",
    "Attempt",
    "Call",
    "CallEvent",
    "Campaign",
    "Comment",
    "Customer",
    "Delivery",
    "Interaction",
    "Invitation",
    "Lease",
    "Line",
    "Listening",
    "Mailbox",
    "Message",
    "Objection",
    "Organisation",
    "PeriodicJob",
    "PermissionDecision",
    "ProviderCopy",
    "PurgeRun",
    "Recording",
    "Response",
    "Role",
    "Row",
    "Sitting",
    "SurveyVersion",
    "Transcript",
    "User",
]
