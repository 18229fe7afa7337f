"""Plugs the phone lab and a population into the telephone network."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Final

from flask import Flask

from simulator.exchange import Exchange
from simulator.handset import Handset
from simulator.lab import Lab, ServiceNumber
from simulator.lab_pages import lab_pages
from simulator.lab_state import TextShown
from simulator.population import Population
from simulator.records import MessageRecord
from simulator.server import Install

_MOST_TEXTS: Final = 60


def phone_lab(town: Population | None = None) -> Install:
    """The lab under `/lab/`, and the people of `town` on the network, for `server.start`."""

    def install(app: Flask, exchange: Exchange) -> None:
        lab = open_lab(app, exchange)
        if town is not None:
            populate(exchange, lab, town)

    return install


def open_lab(app: Flask, exchange: Exchange) -> Lab:
    """Serve the lab under `/lab/` and let its telephones be rung."""
    lab = Lab(_Plug(exchange), stopping=exchange.plant.stopping)
    app.register_blueprint(lab_pages(lab))
    exchange.directory.add(lab.handset)
    exchange.on_message(lambda message: lab.text_arrived(message.recipient))
    return lab


def populate(exchange: Exchange, lab: Lab, town: Population) -> None:
    """Let the people of `town` answer calls and messages; the lab's board shows their calls."""

    def name_of(number: str) -> str:
        who = town.person(number)
        return who.name if who is not None else number

    def write_back(message: MessageRecord) -> None:
        answer = town.reply(message.recipient, message.body)
        # A sender that is a word and not a number cannot be written to.
        if answer is not None and message.sender and exchange.number(message.sender):
            exchange.text_in(message.recipient, message.sender, answer)

    exchange.directory.add(lab.board.watched(town.handset, name_of))
    exchange.on_message(write_back)


class _Plug:
    """The lab's view of the network."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def numbers(self) -> Sequence[ServiceNumber]:
        owned = self._exchange.store.numbers.newest_first()
        return sorted(
            (ServiceNumber(number=each.number, name=each.friendly_name) for each in owned),
            key=lambda each: (each.name, each.number),
        )

    def call_in(self, *, caller: str, called: str, handset: Handset) -> None:
        self._exchange.call_in(caller, called, handset)

    def text_in(self, *, sender: str, recipient: str, body: str) -> None:
        self._exchange.text_in(sender, recipient, body)

    def texts(self, number: str) -> Sequence[TextShown]:
        messages = self._exchange.store.messages
        sent = islice(messages.newest_first(sender=number), _MOST_TEXTS)
        received = islice(messages.newest_first(recipient=number), _MOST_TEXTS)
        found = sorted(chain(sent, received), key=lambda each: (each.created_at, each.sid))
        return [_shown(each, number) for each in found[-_MOST_TEXTS:]]


def _shown(message: MessageRecord, number: str) -> TextShown:
    outgoing = message.sender == number
    other = message.recipient if outgoing else message.sender
    return TextShown(
        sid=message.sid,
        other=other or "",
        outgoing=outgoing,
        at=message.created_at.timestamp(),
        body=message.body,
    )
