"""How far a version of a retention schedule is: proposed, in force, or over."""

from enum import StrEnum


class PolicyState(StrEnum):
    """What a version of the schedule is; of an organisation one is in force and one is proposed."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    # Another one took its place.
    SUPERSEDED = "superseded"
    # Taken back before anybody confirmed it.
    WITHDRAWN = "withdrawn"
    # Looked at and not confirmed.
    REFUSED = "refused"
