"""What lines share is reckoned by the database's clock, which no test can wind."""

from sqlalchemy import delete, select, tuple_

from storage.house import transaction
from storage.tables import LinePace, LineSlot


def as_after_a_while() -> None:
    """Have every line as if it had been left alone for long: nothing is held, every slot free.

    What a living dialler has in its hands at this moment stays with it: whoever waited for that
    could wait in a circle with it.
    """
    paces = select(LinePace.line_id).with_for_update(skip_locked=True)
    slot = (LineSlot.line_id, LineSlot.number)
    slots = select(*slot).with_for_update(skip_locked=True)
    with transaction() as session:
        session.execute(delete(LinePace).where(LinePace.line_id.in_(paces)))
        session.execute(delete(LineSlot).where(tuple_(*slot).in_(slots)))
