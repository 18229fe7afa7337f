"""Plain data against a schema: every fault in an operator's words, at its field."""

import difflib
import types
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from config.campaign_rules import Retry
from config.marked_yaml import Fault, Marked, Path

M = TypeVar("M", bound=BaseModel)

_WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "an amount such as 0.25",
    "decimal_parsing": "an amount such as 0.25",
    "finite_number": "an amount such as 0.25",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "fields with a name each",
    "model_type": "fields with a name each",
    "model_attributes_type": "fields with a name each",
    "date_type": "a day such as 2026-01-31",
    "date_parsing": "a day such as 2026-01-31",
    "date_from_datetime_parsing": "a day such as 2026-01-31",
    "date_from_datetime_inexact": "a day such as 2026-01-31",
}


def validate(schema: type[M], marked: Marked) -> tuple[M | None, list[Fault]]:
    """The data as its schema, or None and the faults that forbid it."""
    if marked.faults:
        return None, list(marked.faults)
    try:
        return schema.model_validate(marked.data), []
    except ValidationError as error:
        found = [_fault(schema, marked, problem) for problem in error.errors(include_url=False)]
        return None, found


def field_text(path: Path) -> str:
    """A path as people write it: `campaigns[0].retry.busy.after`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else ("." if text else "") + str(part)
    return text


def _fault(schema: type[BaseModel], marked: Marked, problem: Any) -> Fault:
    path: Path = tuple(part for part in problem["loc"] if part != "[key]")
    message = _message(schema, path, problem)
    return Fault(marked.line(path), path, message)


def _message(schema: type[BaseModel], path: Path, problem: Any) -> str:
    kind, given, ctx = problem["type"], problem.get("input"), problem.get("ctx", {})
    if kind == "missing":
        about = _field_at(schema, path)
        return f"is missing; it says {about}" if about else "is missing"
    if kind == "extra_forbidden":
        return _unknown(schema, path)
    if kind == "enum":
        return f"{_shown(given)} is unknown here; {ctx['expected']} would be right"
    if kind == "model_type" and _may_be_never(schema, path):
        return f"{_shown(given)} is not right here; {_WANTED[kind]}, or never, is expected"
    if kind in _WANTED:
        return f"{_shown(given)} is not right here; {_WANTED[kind]} is expected"
    if kind == "value_error":
        return str(ctx["error"])
    if kind in ("too_short", "too_long"):
        bound = (
            f"at least {ctx['min_length']}"
            if kind == "too_short"
            else f"at most {ctx['max_length']}"
        )
        return f"has {ctx['actual_length']} entries; {bound} would be right"
    sentence = str(problem["msg"])
    return f"{_shown(given)} is not right here; {sentence[0].lower()}{sentence[1:]}"


def _may_be_never(schema: type[BaseModel], path: Path) -> bool:
    return _schema_at(schema, path) is Retry


def _unknown(schema: type[BaseModel], path: Path) -> str:
    around = _schema_at(schema, path[:-1])
    names = sorted(_names(around)) if around else []
    near = difflib.get_close_matches(str(path[-1]), names, n=1)
    if near:
        return f"is not a known field; {near[0]} is perhaps meant"
    return f"is not a known field; known here are {', '.join(names)}"


def _field_at(schema: type[BaseModel], path: Path) -> str:
    around = _schema_at(schema, path[:-1])
    if around is None:
        return ""
    for name, info in around.model_fields.items():
        if path[-1] in (name, info.alias):
            return info.description or ""
    return ""


def _names(schema: type[BaseModel]) -> Iterator[str]:
    for name, info in schema.model_fields.items():
        yield info.alias or name


def _schema_at(schema: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The schema of the fields at a path, walking lists, mappings and optional parts."""
    current: Any = schema
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            current = _annotation(current, part)
        else:
            arguments = get_args(current)
            current = arguments[-1] if get_origin(current) is dict else arguments[0]
        current = _bare(current)
        if current is None:
            return None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _annotation(schema: type[BaseModel], part: str | int) -> Any:
    for name, info in schema.model_fields.items():
        if part in (name, info.alias):
            return info.annotation
    return None


def _bare(annotation: Any) -> Any:
    """An annotation without `Annotated` and `| None` around it."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        elif isinstance(annotation, FieldInfo):
            annotation = annotation.annotation
        else:
            return annotation


def _shown(value: object) -> str:
    if isinstance(value, str | int | float | bool):
        return repr(value)[:60]
    return "nothing" if value is None else "this"
