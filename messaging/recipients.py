"""Whose a text of ours is, whether an invitation or a code of theirs is behind it."""

from sqlalchemy.orm import Session

from storage.tables import Attempt, Customer, Invitation, ReceiptCode, Response, SentText


def customer_of(session: Session, text: SentText) -> Customer:
    """The customer who is texted; the text is none with a code that proves a request."""
    if text.receipt_code_id is not None:
        code = session.get_one(ReceiptCode, text.receipt_code_id)
        invitation_id = session.get_one(Response, code.response_id).invitation_id
    else:
        invitation_id = session.get_one(Attempt, text.attempt_id).invitation_id
    invitation = session.get_one(Invitation, invitation_id)
    return session.get_one(Customer, invitation.customer_id)
