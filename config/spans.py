"""How long something has waited, or how long is left of it, as people say it."""

from datetime import timedelta


def age(span: timedelta) -> str:
    """The length of it, roughly: under a minute, 5 minutes, 3 hours, 2 days."""
    minutes = int(span.total_seconds() // 60)
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return "under a minute"
