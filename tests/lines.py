"""What lines share is reckoned by the database's clock, which no test can wind."""

from sqlalchemy import delete

from storage.house import transaction
from storage.tables import LinePace, LineSlot


def as_after_a_while() -> None:
    """Have every line as if it had been left alone for long: nothing is held, every slot free."""
    with transaction() as session:
        session.execute(delete(LinePace))
        session.execute(delete(LineSlot))
