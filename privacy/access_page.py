"""The page in an access package: everything in data.json again, to be read by the person.

One file that needs nothing from elsewhere; the sound is played from beside it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from privacy import access_formats
from privacy.access_words import ACCESS, SECTIONS, AccessWords

_DEFAULT: Final = "en"
_MICROS: Final = 1_000_000
# The same in words stands beside it.
_FOR_PROGRAMS: Final = frozenset({"facts", "why_language", "asked_language"})
# What is shown instead of a key or a stored value, where it is there.
_INSTEAD: Final = {"question": "asked", "value": "label"}
# What is shown first of each thing, in this order. Of the folded ones the rest opens on a click.
_FIRST: Final[Mapping[str, Sequence[str]]] = {
    "cases": (
        *("case_reference", "happened_at", "campaign", "response", "recordings"),
        "words_left_out",
    ),
    "response": ("answers", "comments", "follow_up", "follow_up_asked_as"),
    "answers": ("asked", "question", "label", "value", "scale"),
    "comments": ("asked", "question", "text", "recordings"),
    "recordings": ("audio", "transcript", "recorded_at"),
    "messages": ("received_at", "mailbox", "recordings", "words_left_out"),
    "calls_to_us": ("started_at", "recordings", "words_left_out"),
}
_FOLDED: Final = frozenset({"cases", "response", "comments", "recordings", "messages"})
# What somebody wrote or said is shown as it is, although it may be a word of ours too.
_AS_SAID: Final = frozenset(
    {
        *("name", "phone", "phone_as_given", "email", "case_reference", "team", "caller", "note"),
        *("text", "transcript", "contact", "receiver", "mailbox", "question", "value", "campaign"),
        *("about", "work", "gets", "transfer", "follow_up_asked_as", "reference", "wording", "why"),
        *("version", "asked", "label"),
    }
)
# Fields in which a rule may stand.
_RULES: Final = frozenset({"rule", "detail", "waits_for"})
_STYLE: Final = """
:root { color-scheme: light dark; --line: #dedbd2; --soft: #566367; }
body { font: 1.0625rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2.5rem auto; }
body { padding: 0 1.25rem; }
h1 { font-size: 1.9rem; line-height: 1.2; } h2 { margin-top: 2.5rem; font-size: 1.25rem; }
dl { display: grid; grid-template-columns: minmax(8rem, 30%) 1fr; gap: .3rem 1.25rem; margin: 0; }
dt { color: var(--soft); } .wide { grid-column: 1 / -1; }
dt.wide { margin-top: .6rem; font-weight: 600; }
dd.wide { border-left: 2px solid var(--line); padding-left: .9rem; }
 dd { margin: 0; overflow-wrap: anywhere; }
section section, li.thing { border-top: 1px solid var(--line); padding: 1rem 0; list-style: none; }
ul { padding: 0; margin: 0; } audio { width: 100%; } .soft { color: var(--soft); }
details { margin-top: .75rem; } details > dl { margin-top: .75rem; }
summary { cursor: pointer; padding: .4rem 0; text-decoration: underline; }
@media print { details::details-content { content-visibility: visible; height: auto; } }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
"""


def written(document: dict[str, Any], language: str | None, *, zone: ZoneInfo) -> str:
    """The page, in that language or in English, with the times on the clock of that zone."""
    words = ACCESS.get(language or "", ACCESS[_DEFAULT])
    owner = document["organisation"]
    clock = words.times.format(zone=access_formats.zone_name(zone, words.language))
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words.title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(words.title)}</h1>"
        f"<p>{escape(words.lead.format(organisation=owner['name']))}</p>"
        f"<p>{' '.join(_rights(owner, words))}</p>"
        f'<p class="soft">{escape(clock)}</p>'
        f"{''.join(_Page(words, zone).sections(document))}</body></html>"
    )


def _rights(owner: dict[str, Any], words: AccessWords) -> Iterator[str]:
    """What may be asked for, of whom, and where to complain."""
    yield escape(words.rights)
    address, officer = owner.get("privacy_email"), owner.get("data_protection_officer")
    if address:
        link = f'<a href="mailto:{escape(address)}">{escape(address)}</a>'
        yield escape(words.write).format(address=link)
    if officer:
        yield escape(words.officer.format(officer=officer))
    authority = owner.get("authority")
    yield escape(f"{words.complain}: {authority}." if authority else f"{words.complain}.")


@dataclass(frozen=True, slots=True)
class _Page:
    """The parts of the page in one language, with the times of one zone."""

    words: AccessWords
    zone: ZoneInfo

    def sections(self, document: dict[str, Any]) -> Iterator[str]:
        for name in SECTIONS:
            if name not in document:
                continue
            value = document[name]
            nothing = f'<p class="soft">{escape(self.words.nothing)}</p>'
            told = self._field(name, value) if value else nothing
            yield f"<section><h2>{escape(self.words.sections[name])}</h2>{told}</section>"

    def _shown(self, value: Any, within: str) -> str:
        if isinstance(value, dict):
            return self._thing(value, within)
        if isinstance(value, list):
            things = (f'<li class="thing">{self._shown(one, within)}</li>' for one in value)
            return f"<ul>{''.join(things)}</ul>"
        if isinstance(value, bool):
            return escape(self.words.yes if value else self.words.no)
        return escape(self.words.values.get(str(value), str(value)))

    def _thing(self, thing: dict[str, Any], within: str) -> str:
        """What the person gave first, and what is kept about that folded away below it."""
        there = {
            name: one
            for name, one in thing.items()
            if one not in (None, "", [], {}) and name not in _FOR_PROGRAMS
            if not thing.get(_INSTEAD.get(name, ""))
        }
        first = [name for name in _FIRST.get(within, ()) if name in there]
        rest = [name for name in there if name not in first]
        if within not in _FOLDED or not rest:
            return self._rows(thing, [*first, *rest])
        told = self.words.contacted if "attempts" in rest else self.words.more
        below = f"<summary>{escape(told)}</summary>{self._rows(thing, rest)}"
        return f"{self._rows(thing, first)}<details>{below}</details>"

    def _rows(self, thing: dict[str, Any], names: Sequence[str]) -> str:
        rows = (
            f"<dt{_width(name, thing[name])}>{escape(self.words.labels.get(name, name))}</dt>"
            f"<dd{_width(name, thing[name])}{_tongue(name, thing)}>"
            f"{self._field(name, thing[name])}</dd>"
            for name in names
        )
        return f"<dl>{''.join(rows)}</dl>" if names else ""

    def _field(self, name: str, value: Any) -> str:
        words = self.words
        if name == "audio":
            return f'<audio controls preload="none" src="{escape(str(value))}"></audio>'
        if access_formats.is_moment(name):
            return escape(access_formats.moment(str(value), self.zone))
        if name == "cost_micros":
            return escape(f"{value / _MICROS:.2f}")
        if name == "scale":
            best = f"{words.labels['best'].lower()}: {value['best']}"
            return escape(f"{value['lowest']}–{value['highest']} ({best})")
        if name in _AS_SAID and not isinstance(value, list):  # a part may have such a name
            return escape(str(value))
        coded = access_formats.in_words(name, str(value), words.language)
        if coded is not None:
            return escape(coded)
        field = "rule" if name in _RULES else name
        alone = words.values.get(f"{field}:{value}") if isinstance(value, str) else None
        return self._shown(value, name) if alone is None else escape(alone)


def _width(name: str, value: Any) -> str:
    """What has parts of its own gets the whole width, however deep it lies."""
    return ' class="wide"' if isinstance(value, dict | list) and name != "scale" else ""


def _tongue(name: str, thing: dict[str, Any]) -> str:
    """Marks words that may be in another language than the page."""
    spoken = thing.get(f"{name}_language")
    return f' lang="{escape(spoken)}"' if spoken else ""
