"""Whether whoever has just answered may be texted the code that opens their answers."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage.house import house
from storage.states import ContactPurpose
from storage.tables import Customer, Invitation
from survey import customers, numbers, permission, permission_facts
from survey.permission import Decision, Method
from survey.permission_facts import Asking


def may_come(
    session: Session, invitation: Invitation, *, caller_hash: bytes | None, now: datetime
) -> bool:
    """Whether the code can be promised by text; otherwise it is spoken.

    Not to a telephone without text messages, to whoever wants none, or when somebody called us from
    another number than the one we know; `caller_hash` is None for a call of ours.
    """
    customer = session.get_one(Customer, invitation.customer_id)
    if caller_hash is not None and caller_hash != customer.phone_hash:
        return False
    decision, number = decide(session, invitation, now=now, lock=False)
    return decision.allowed and number is not None


def decide(
    session: Session, invitation: Invitation, *, now: datetime, lock: bool = True
) -> tuple[Decision, str | None]:
    """What is decided about texting the code, and the number in E.164 if it can take a text.

    Locks what a decision to contact somebody locks, unless one only looks.
    """
    customer = session.get_one(Customer, invitation.customer_id)
    number = customers.numbers_of([customer], keyring=house().keyring)[customer.id]
    if number is not None and not numbers.takes_texts(number):
        number = None
    (facts,) = permission_facts.gather_many(
        session,
        [invitation],
        now=now,
        numbers_of={customer.id: number},
        asking=Asking(house().settings.allowed_numbers, Method.SMS, ContactPurpose.SERVICE),
        lock=lock,
    )
    return permission.decide(facts, now=now), number
