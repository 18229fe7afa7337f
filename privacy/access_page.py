"""The page in an access package: everything in data.json again, to be read by the person.

One file that needs nothing from elsewhere; the sound is played from beside it.
"""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from privacy import access_formats
from privacy.access_words import ACCESS, SECTIONS, AccessWords

_DEFAULT: Final = "en"
_MICROS: Final = 1_000_000
# The same in words stands beside it.
_FOR_PROGRAMS: Final = frozenset({"facts", "why_language", "asked_language"})
# What is shown instead of a key or a stored value, where it is there.
_INSTEAD: Final = {"question": "asked", "value": "label"}
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
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
"""


def written(document: dict[str, Any], language: str | None) -> str:
    """The page, in that language or in English."""
    tag = language if language in ACCESS else _DEFAULT
    words = ACCESS[tag or _DEFAULT]
    body = "".join(_sections(document, words))
    owner = document["organisation"]
    return (
        f'<!doctype html><html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words.title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(words.title)}</h1>"
        f"<p>{escape(words.lead.format(organisation=owner['name']))}</p>"
        f'<p class="soft">{escape(words.rights.format(authority=owner["authority"] or "–"))}</p>'
        f"{body}</body></html>"
    )


def _sections(document: dict[str, Any], words: AccessWords) -> Iterator[str]:
    for name in SECTIONS:
        if name not in document:
            continue
        value = document[name]
        told = (
            _field(name, value, words) if value else f'<p class="soft">{escape(words.nothing)}</p>'
        )
        yield f"<section><h2>{escape(words.sections[name])}</h2>{told}</section>"


def _shown(value: Any, words: AccessWords) -> str:
    if isinstance(value, dict):
        rows = (
            f"<dt{_width(name, one)}>{escape(words.labels.get(name, name))}</dt>"
            f"<dd{_width(name, one)}{_tongue(name, value)}>{_field(name, one, words)}</dd>"
            for name, one in value.items()
            if one not in (None, "", [], {}) and name not in _FOR_PROGRAMS
            if not value.get(_INSTEAD.get(name, ""))
        )
        return f"<dl>{''.join(rows)}</dl>"
    if isinstance(value, list):
        things = (f'<li class="thing">{_shown(one, words)}</li>' for one in value)
        return f"<ul>{''.join(things)}</ul>"
    if isinstance(value, bool):
        return escape(words.yes if value else words.no)
    return escape(words.values.get(str(value), str(value)))


def _width(name: str, value: Any) -> str:
    """What has parts of its own gets the whole width, however deep it lies."""
    return ' class="wide"' if isinstance(value, dict | list) and name != "scale" else ""


def _tongue(name: str, thing: dict[str, Any]) -> str:
    """Marks words that may be in another language than the page."""
    spoken = thing.get(f"{name}_language")
    return f' lang="{escape(spoken)}"' if spoken else ""


def _field(name: str, value: Any, words: AccessWords) -> str:
    if name == "audio":
        return f'<audio controls preload="none" src="{escape(str(value))}"></audio>'
    if name == "at" or name.endswith(("_at", "_since", "_until", "_from")):
        return escape(str(value)[:16].replace("T", " "))
    if name == "cost_micros":
        return escape(f"{value / _MICROS:.2f}")
    if name == "scale":
        best = f"{words.labels['best'].lower()}: {value['best']}"
        return escape(f"{value['lowest']}–{value['highest']} ({best})")
    if name in _AS_SAID:
        return escape(str(value))
    coded = access_formats.in_words(name, str(value), words.language)
    if coded is not None:
        return escape(coded)
    field = "rule" if name in _RULES else name
    alone = words.values.get(f"{field}:{value}") if isinstance(value, str) else None
    return _shown(value, words) if alone is None else escape(alone)
