"""The main menu: which rooms of the console a role finds there, in the order they are shown."""

from dataclasses import dataclass
from typing import Final

from console.gate import ANALYSTS, GUARDIANS, READERS, RECEIVERS, STARTERS, WATCHERS
from storage.tables import Role


@dataclass(frozen=True, slots=True)
class Room:
    """One entry: where it leads, what it is called, its picture, and pages that belong to it."""

    endpoint: str
    name: str
    icon: str
    roles: frozenset[Role]
    also: tuple[str, ...] = ()


# A telephone's bar holds the first four that somebody may open; the others are behind "More".
AT_THE_THUMB: Final = 4
_ROOMS: Final = (
    Room("console.overview", "Overview", "overview", READERS),
    Room("console.responses", "Responses", "responses", READERS,
         ("console.response", "console.contact")),
    Room("console.comments", "Comments", "comments", READERS),
    Room("console.messages", "Messages", "messages", RECEIVERS, ("console.message",)),
    Room("console.matters", "Cases", "cases", READERS, ("console.matter", "console.note_matter")),
    Room("console.new_case", "New case", "new", STARTERS,
         ("console.register_case", "console.case")),
    Room("console.campaigns", "Campaigns", "campaigns", STARTERS,
         ("console.campaign", "console.change_campaign")),
    Room("console.no_contact", "No contact", "stop", READERS, ("console.note_wish",)),
    Room("console.requests", "Requests", "requests", GUARDIANS,
         ("console.one_request", "console.move_request", "console.new_request",
          "console.receive_request")),
    Room("console.statistics_page", "Statistics", "statistics", ANALYSTS),
    Room("console.forgetting", "Deletions", "goes", GUARDIANS,
         ("console.policy", "console.decide_policy")),
    Room("console.system", "System", "system", WATCHERS),
)  # fmt: skip


def rooms_of(role: Role | None) -> tuple[Room, ...]:
    """The rooms that somebody of that role may open."""
    return tuple(room for room in _ROOMS if role in room.roles)
