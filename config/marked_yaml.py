"""YAML read strictly, with the line of every field, so that a fault can be pointed at.

Only plain data: no anchors, no tags, one document. Texts stay texts: `off`, `no`, `NO`, `09:00`,
`+46…` and dates are never turned into something else; only true, false, null and plain numbers are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

Path = tuple[str | int, ...]
"""Where in a document: field names and positions from the top."""

_MOST_DEPTH: Final = 20
_MOST_BYTES: Final = 1_000_000
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,10}")
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a document: its line (from 1), the field, and what would be right."""

    line: int
    path: Path
    message: str


@dataclass(slots=True)
class Marked:
    """A document as plain data, the line of each of its fields, and the faults found in it."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a field, or of the nearest field around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Unreadable(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, line: int, path: Path, message: str) -> None:
        self.fault = Fault(line, path, message)


def read_yaml(raw: bytes) -> Marked:
    """The document in these bytes; whatever is wrong with it is among its faults."""
    marked = Marked()
    if len(raw) > _MOST_BYTES:
        marked.faults.append(Fault(1, (), f"is larger than {_MOST_BYTES} bytes"))
        return marked
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        marked.faults.append(Fault(line, (), "is not UTF-8 text here; save the file as UTF-8"))
        return marked
    try:
        _Builder(marked, yaml.parse(text, Loader=_Loader)).build()
    except _Unreadable as stop:
        marked.faults.append(stop.fault)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        marked.faults.append(Fault(line, (), "holds a control character, which YAML forbids"))
    except yaml.MarkedYAMLError as error:
        mark: Any = getattr(error, "problem_mark", None) or error.context_mark
        line = mark.line + 1 if mark else 1
        what = error.problem or error.context or "cannot be understood"
        marked.faults.append(Fault(line, (), f"is not valid YAML: {what}"))
    if marked.faults:
        marked.data = None
    return marked


class _Builder:
    """Makes data from parser events; the depth is bounded, so no file can exhaust the stack."""

    def __init__(self, marked: Marked, events: Iterator[Any]) -> None:
        self._marked = marked
        self._events = events

    def build(self) -> None:
        """Read the one document of the stream."""
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Unreadable(
                        _line(event), (), "starts a second document; a file holds one"
                    )
                self._marked.data = self._value(next(self._events), ())
        if not documents:
            raise _Unreadable(1, (), "is empty")

    def _value(self, event: Any, path: Path) -> Any:
        line = _line(event)
        self._marked.lines.setdefault(path, line)
        if len(path) > _MOST_DEPTH:
            raise _Unreadable(line, path[:3], f"is nested deeper than {_MOST_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _Unreadable(line, path, "uses an anchor or alias; write the value out instead")
        if event.tag:
            raise _Unreadable(line, path, f"uses the tag {event.tag[:40]}; leave the tag out")
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else _plain(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise _Unreadable(line, path, "has a field name that is not a plain word")
            name = event.value
            here = (*path, name)
            if name in values:
                first = self._marked.lines[here]
                message = f"is given twice; the first is in line {first}, keep one of them"
                self._marked.faults.append(Fault(line, here, message))
                self._value(next(self._events), (*path, f"{name} (again)"))
                continue
            self._marked.lines[here] = line
            values[name] = self._value(next(self._events), here)
        return values


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
