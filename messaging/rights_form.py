"""What somebody typed and chose on the page on which people ask about their data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from messaging.page_words import NoWords
from privacy import requests
from privacy.code_ways import WAYS
from storage.request_states import RequestKind
from storage.states import AttemptMethod
from survey import subjects
from survey.numbers import BadNumberError
from survey.subjects import BadAddressError, Subject

_LONGEST: Final = 254


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was filled in; what stands there before anybody touched it by default."""

    who: str = ""
    kind: RequestKind = RequestKind.ACCESS
    # By which way the code is to come; all of them are offered to everybody.
    way: AttemptMethod = AttemptMethod.EMAIL
    about: str = ""


def read(form: Mapping[str, str]) -> Typed:
    """The form as it was sent; what nobody can choose there counts as not chosen."""
    return Typed(
        who=form.get("who", "").strip()[:_LONGEST],
        kind=_kind(form.get("kind", "")),
        way=_way(form.get("way", "")),
        about=form.get("about", "").strip()[: requests.LONGEST_ABOUT],
    )


def subject_of(typed: Typed, *, country: str, words: NoWords) -> tuple[Subject | None, str]:
    """The number or address, or what is wrong with it."""
    if not typed.who:
        return None, words.needed
    try:
        return subjects.guessed(typed.who, country=country), ""
    except BadNumberError:
        return None, words.wrong_number
    except BadAddressError:
        return None, words.wrong_address


def _kind(chosen: str) -> RequestKind:
    try:
        return RequestKind(chosen)
    except ValueError:
        return RequestKind.ACCESS


def _way(chosen: str) -> AttemptMethod:
    return next((one for one in WAYS if one.value == chosen), AttemptMethod.EMAIL)
