"""The standard phrases of one language, from its file in prompts/."""

from collections.abc import Mapping

from config.marked_yaml import Fault, Marked
from config.notations import check_spoken
from config.phrases import PLACEHOLDERS, Phrase
from config.wording import REQUIRED, placeholder_fault

Prompts = Mapping[Phrase, str]


def read_prompts(marked: Marked) -> tuple[Prompts | None, list[Fault]]:
    """Every phrase with its wording, or None and the faults that forbid it."""
    if marked.faults:
        return None, list(marked.faults)
    if not isinstance(marked.data, dict):
        return None, [Fault(1, (), "holds no phrases; it has a line such as opening: … for each")]
    faults = [
        Fault(marked.line((name,)), (name,), "is not a phrase the service speaks; remove it")
        for name in marked.data
        if name not in tuple(Phrase)
    ]
    prompts: dict[Phrase, str] = {}
    for phrase in Phrase:
        text = marked.data.get(phrase.value)
        fault = _fault(phrase, text)
        if fault:
            faults.append(Fault(marked.line((phrase.value,)), (phrase.value,), fault))
        elif isinstance(text, str):
            prompts[phrase] = text
    return (None, faults) if faults else (prompts, [])


def _fault(phrase: Phrase, text: object) -> str | None:
    if text is None:
        return "is missing; callers would hear a gap, so write its wording"
    if not isinstance(text, str):
        return f"{str(text)[:40]!r} is not right here; text in quotes is expected"
    try:
        check_spoken(text)
    except ValueError as error:
        return str(error)
    return placeholder_fault(
        text, allowed=PLACEHOLDERS[phrase], required=REQUIRED.get(phrase, frozenset())
    )
