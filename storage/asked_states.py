"""States of what somebody asked for who is contacted for that alone."""

from enum import StrEnum


class AskedPurpose(StrEnum):
    """What somebody asked for who is contacted without a decision of the rules about asking."""

    DATA = "data"
    PROBE = "probe"


class ShownNumber(StrEnum):
    """What a telephone showed when one of our lines rang it, by the word of whoever answered."""

    OURS = "ours"
    ANOTHER = "another"
