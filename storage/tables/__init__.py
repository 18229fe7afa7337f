"""The rows, one file per kind of thing; `storage.tables.row` holds what they share."""

from storage.tables.anonymous import AnonymousAnswer, AnonymousResponse
from storage.tables.calls import Attempt, Call, CallEvent, PermissionDecision, ProviderCopy
from storage.tables.customers import Customer, Interaction, Invitation
from storage.tables.dialling import InvitationEvent, LinePace, LineSlot, Spending
from storage.tables.disclosures import Disclosure
from storage.tables.exports import Export
from storage.tables.figures import FunnelCell, QuotaCell, StatisticCell
from storage.tables.housekeeping import Alarm, Lease, PeriodicJob, PurgeRun
from storage.tables.matters import Case, Hold
from storage.tables.messages import Delivery, Message
from storage.tables.organisations import (
    Campaign,
    Line,
    Mailbox,
    MailboxNotice,
    Organisation,
    SurveyVersion,
)
from storage.tables.people import Listening, Role, Sitting, User
from storage.tables.policies import PolicyVersion
from storage.tables.probes import LineProbe
from storage.tables.receipts import LedgerBeat, LedgerHead, PendingReceipt
from storage.tables.receivers import Receiver
from storage.tables.recordings import Recording, Transcript
from storage.tables.responses import Answer, Comment, Response
from storage.tables.rights import IdentityCode, ReceiptCode, RightsRequest
from storage.tables.row import Row
from storage.tables.texts import SentText
from storage.tables.wishes import (
    Consent,
    Objection,
    ReceivedText,
    RegisterResult,
    Restriction,
    ThrottleToken,
)

__all__ = [
    "Alarm",
    "AnonymousAnswer",
    "AnonymousResponse",
    "Answer",
    "Attempt",
    "Call",
    "CallEvent",
    "Campaign",
    "Case",
    "Comment",
    "Consent",
    "Customer",
    "Delivery",
    "Disclosure",
    "Export",
    "FunnelCell",
    "Hold",
    "IdentityCode",
    "Interaction",
    "Invitation",
    "InvitationEvent",
    "Lease",
    "LedgerBeat",
    "LedgerHead",
    "Line",
    "LinePace",
    "LineProbe",
    "LineSlot",
    "Listening",
    "Mailbox",
    "MailboxNotice",
    "Message",
    "Objection",
    "Organisation",
    "PendingReceipt",
    "PeriodicJob",
    "PermissionDecision",
    "PolicyVersion",
    "ProviderCopy",
    "PurgeRun",
    "QuotaCell",
    "ReceiptCode",
    "ReceivedText",
    "Receiver",
    "Recording",
    "RegisterResult",
    "Response",
    "Restriction",
    "RightsRequest",
    "Role",
    "Row",
    "SentText",
    "Sitting",
    "Spending",
    "StatisticCell",
    "SurveyVersion",
    "ThrottleToken",
    "Transcript",
    "User",
]
