"""What a hold keeps, in words that name nobody."""

from collections.abc import Mapping
from typing import Final

from config.retention_rules import DataClass
from storage.matters import HoldScope
from storage.tables import Hold

CLASSES: Final[Mapping[DataClass, str]] = {
    DataClass.ANSWERS: "all answers",
    DataClass.FREE_COMMENTS: "all comments",
    DataClass.TELEPHONE_MESSAGES: "all telephone messages",
    DataClass.STAFF_REGISTER: "the whole staff register",
    DataClass.CONTACT_LOG: "the whole log of contacts",
    DataClass.COMPLAINTS: "all complaints",
    DataClass.CASE_NOTES: "all notes of cases",
    DataClass.THROTTLE_TOKENS: "all notes of who was last asked when",
    DataClass.REQUEST_LOG: "the whole log of requests about data",
    DataClass.RECEIPTS: "all receipts of deletions",
    DataClass.LISTENING_LOG: "the whole log of who listened to what",
}


def kept_by(hold: Hold) -> str:
    """What the hold keeps: a class, a person, a case, or one thing by its kind."""
    if hold.data_class is not None:
        return CLASSES.get(DataClass(hold.data_class), hold.data_class)
    if hold.scope is HoldScope.CUSTOMER:
        return "everything of one person"
    if hold.scope is HoldScope.CASE:
        return "one case, with all it needs"
    if hold.comment_id is not None:
        return "one comment"
    if hold.invitation_id is not None:
        return "one contact with its answers"
    return "one call, with its message"
