"""The phone lab: telephones in browsers, each with a number, on the simulated network."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final, Protocol

from simulator.handset import Ending, Handset
from simulator.lab_board import Board
from simulator.lab_handset import LabHandset
from simulator.lab_phone import LabPhone
from simulator.lab_state import TextShown

log = logging.getLogger(__name__)

DEFAULT_NUMBER: Final = "+46701740605"  # kept free for fiction by the Swedish regulator
WITHHELD: Final = "anonymous"  # what the network shows of a number that is not to be shown
MOST_PHONES: Final = 500
_E164: Final = re.compile(r"^\+[1-9][0-9]{6,14}$")


@dataclass(frozen=True, slots=True)
class ServiceNumber:
    """A number of the service that one can ring: E.164 and what it is called."""

    number: str
    name: str


class Network(Protocol):
    """What the lab needs of the telephone network."""

    def numbers(self) -> Sequence[ServiceNumber]:
        """The service's numbers."""

    def call_in(self, *, caller: str, called: str, handset: Handset) -> None:
        """Ring the service with `handset` as the caller's telephone; returns at once."""

    def text_in(self, *, sender: str, recipient: str, body: str) -> None:
        """Send a text message to the service; returns at once."""

    def texts(self, number: str) -> Sequence[TextShown]:
        """The messages to and from that number, oldest first."""


class NotANumberError(ValueError):
    """What was given cannot be a telephone number."""


class LineBusyError(Exception):
    """The telephone is in a call already."""


class Lab:
    """All lab telephones; safe to use from many threads. Give `handset` to the directory."""

    def __init__(self, network: Network, *, stopping: Event) -> None:
        """The pages' streams end once `stopping` is set, so that the server can stop."""
        self.network = network
        self.board = Board()
        self.stopping = stopping
        self._phones: dict[str, LabPhone] = {}
        self._lock = Lock()

    def phone(self, number: str) -> LabPhone:
        """The telephone with that E.164 number, made when it is first asked for."""
        if not _E164.match(number):
            raise NotANumberError("A number starts with + and the country, such as +46701740605.")
        with self._lock:
            if number not in self._phones:
                self._make_room()
                self._phones[number] = LabPhone(number)
            return self._phones[number]

    def handset(self, number: str) -> Handset | None:
        """A handset for one call to `number`; None when no page is open for it."""
        with self._lock:
            phone = self._phones.get(number)
        if phone is None or not phone.in_hand:
            return None
        return self.board.watching(LabHandset(phone), name="")

    def place_call(self, number: str, *, to: str, withheld: bool = False) -> None:
        """Let the telephone `number` ring the service, and show the number unless it is withheld.

        Raises LineBusyError in a call.
        """
        phone = self.phone(number)
        self._must_be_ours(to)
        handset = LabHandset(phone)
        if not handset.dialled(to):
            raise LineBusyError("This telephone is in a call already.")
        try:
            watched = self.board.watching(handset, name="")
            shown = WITHHELD if withheld else number
            self.network.call_in(caller=shown, called=to, handset=watched)
        except Exception:
            handset.call_ended(Ending.FAILED)  # or the line would stay busy for ever
            raise
        log.info("lab.call_placed")

    def send_text(self, number: str, *, to: str, body: str) -> None:
        """Send a text message from the telephone `number` to the service."""
        phone = self.phone(number)
        self._must_be_ours(to)
        self.network.text_in(sender=number, recipient=to, body=body)
        self.show_texts(phone)

    def text_arrived(self, number: str) -> None:
        """To be called by the network whenever a message to or from `number` has changed."""
        with self._lock:
            phone = self._phones.get(number)
        if phone is not None:
            self.show_texts(phone)

    def show_texts(self, phone: LabPhone) -> None:
        """Put the messages that the network knows of beside those that the telephone has."""
        phone.keep_texts(self.network.texts(phone.number))

    def _must_be_ours(self, number: str) -> None:
        if all(number != each.number for each in self.network.numbers()):
            raise NotANumberError("That is none of the service's numbers.")

    def _make_room(self) -> None:
        if len(self._phones) < MOST_PHONES:
            return
        for number, phone in list(self._phones.items()):
            if not phone.in_hand and not phone.busy:
                del self._phones[number]
                return
        raise LineBusyError(f"There are {MOST_PHONES} telephones in use; close one first.")
