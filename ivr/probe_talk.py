"""What is heard in a probe call: which line it is, and whether the telephone shows its number."""

from datetime import datetime

from sqlalchemy.orm import Session

from ivr.addresses import ProbeAddresses
from ivr.events import KeysPressed
from ivr.probe_words import SPOKEN, ProbeWords
from ivr.steps import Gather, Hangup, Redirect, Say, Waiting
from ivr.turns import Spoken, Told
from storage.asked_states import ShownNumber
from storage.states import CallState
from storage.tables import Line, LineProbe, Organisation
from survey import probe_ends
from survey.numbers import readable

_OTHERWISE = "en"
_GATHER_SECONDS = 10
_SAYS = {"1": ShownNumber.OURS, "2": ShownNumber.ANOTHER}


def answer(session: Session, token: str, sid: str, *, base_url: str, at: datetime) -> Spoken | None:
    """The first document; None for a token that nobody knows.

    That it is asked for proves that the call was placed and answered.
    """
    probe = probe_ends.locked_by_token(session, token)
    if probe is None:
        return None
    probe_ends.name(session, probe, sid, at=at)
    probe_ends.arrive(session, probe, CallState.IN_PROGRESS, seconds=None, at=at)
    words, language = _words(session, probe)
    owner = session.get_one(Organisation, probe.organisation_id)
    number = readable(session.get_one(Line, probe.line_id).number)
    asks = words.asks.format(organisation=owner.name, number=number)
    steps = (
        Gather((Say(asks, language),), 1, "", _GATHER_SECONDS, 0),
        Redirect(Waiting.SILENCE, 0),
    )
    return Spoken(steps, ProbeAddresses(base_url, token))


def turn(session: Session, token: str, told: Told, *, base_url: str) -> Spoken | None:
    """Thanks and goodbye; what was pressed first stands."""
    probe = probe_ends.locked_by_token(session, token)
    if probe is None:
        return None
    if isinstance(told, KeysPressed) and probe.shown is None:
        probe.shown = _SAYS.get(told.digits)
    words, language = _words(session, probe)
    return Spoken((Say(words.thanks, language), Hangup()), ProbeAddresses(base_url, token))


def _words(session: Session, probe: LineProbe) -> tuple[ProbeWords, str]:
    owner = session.get_one(Organisation, probe.organisation_id)
    spoken: list[str] = owner.document.get("languages") or [_OTHERWISE]
    language = next((one for one in spoken if one in SPOKEN), _OTHERWISE)
    return SPOKEN[language], language
