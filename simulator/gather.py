"""Gather: lets the person press keys, during its prompt or after it."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import parameters
from simulator.faults import Webhook
from simulator.handset import Ended, KeyWindow
from simulator.journal import Kind
from simulator.leg import Leg
from simulator.orders import HungUpError, Source
from simulator.records import Address
from simulator.sounds import absolute, sound_out
from simulator.twiml import Verb


@dataclass(slots=True)
class _Keys:
    """What was pressed so far, and whether that is the end of it."""

    finish_on: str
    wanted: int | None
    digits: str = ""
    finished_on: str = ""

    def take(self, key: str) -> bool:
        """True when this key was the last one."""
        if key in self.finish_on:
            self.finished_on = key
            return True
        self.digits += key
        return self.wanted is not None and len(self.digits) >= self.wanted


def gather(leg: Leg, verb: Verb, *, base: str | None, own: Address | None) -> Source | None:
    """The action to request, or None when the document goes on (no input)."""
    wanted = verb.whole("numDigits", 0) or None
    keys = _Keys(verb.attributes.get("finishOnKey", "#"), wanted)
    try:
        done = _prompt(leg, verb, keys, base=base)
        if "dtmf" in verb.attributes.get("input", "dtmf"):
            _wait_for_keys(leg, verb, keys, done=done)
        else:
            leg.note(Kind.WARNING, code=0, message="speech input is not simulated: no input")
            leg.rest(verb.whole("timeout", 5))
    except HungUpError:
        _note(leg, keys)  # what was pressed before the receiver went down is lost, but was pressed
        raise
    _note(leg, keys)
    if not keys.digits and not verb.truth("actionOnEmptyResult", False):
        return None
    method = verb.attributes.get("method", "POST").upper()
    fields = parameters.gather_ended(
        digits=keys.digits, finished_on=keys.finished_on, profile=leg.profile
    )
    action = verb.attributes.get("action", "")
    if action or own is None:
        address = Address(absolute(action, base=base), method)
    else:
        address = Address(own.url, method)
    return Source(address, kind=Webhook.ACTION, fields=fields)


def _prompt(leg: Leg, verb: Verb, keys: _Keys, *, base: str | None) -> bool:
    """Play what is nested until a key stops it; True when that key was all it took."""
    listens = "dtmf" in verb.attributes.get("input", "dtmf")
    for child in verb.children:
        heard = sound_out(leg, child, base=base, interruptible=listens)
        if heard is not None:
            return keys.take(heard.key)
    return False


def _wait_for_keys(leg: Leg, verb: Verb, keys: _Keys, *, done: bool) -> None:
    while not done:
        pressed = leg.press(
            KeyWindow(
                timeout_seconds=verb.whole("timeout", 5),
                finish_keys=keys.finish_on,
                pressed=keys.digits,
                wanted=keys.wanted,
            )
        )
        if pressed.ended is not Ended.KEY:
            return
        done = keys.take(pressed.key)


def _note(leg: Leg, keys: _Keys) -> None:
    leg.note(Kind.KEYS, digits=keys.digits, finished_on=keys.finished_on)
