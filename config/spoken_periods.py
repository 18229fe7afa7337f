"""Periods in words in five languages: as a voice says them after "for" or "in", and alone."""

from collections.abc import Mapping
from typing import Final

from config.periods import Period, Unit
from config.retention_rules import RetentionRule

_MINUTE: Final = "minute"

# One and many. Finnish says how long in the accusative: "kestää 1 minuutin, 2 minuuttia".
_FORMS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "sv": {
        Unit.DAY: ("dag", "dagar"),
        Unit.MONTH: ("månad", "månader"),
        Unit.YEAR: ("år", "år"),
        _MINUTE: ("minut", "minuter"),
    },
    "nb": {
        Unit.DAY: ("dag", "dager"),
        Unit.MONTH: ("måned", "måneder"),
        Unit.YEAR: ("år", "år"),
        _MINUTE: ("minutt", "minutter"),
    },
    "da": {
        Unit.DAY: ("dag", "dage"),
        Unit.MONTH: ("måned", "måneder"),
        Unit.YEAR: ("år", "år"),
        _MINUTE: ("minut", "minutter"),
    },
    "fi": {
        Unit.DAY: ("päivän", "päivää"),
        Unit.MONTH: ("kuukauden", "kuukautta"),
        Unit.YEAR: ("vuoden", "vuotta"),
        _MINUTE: ("minuutin", "minuuttia"),
    },
    "en": {
        Unit.DAY: ("day", "days"),
        Unit.MONTH: ("month", "months"),
        Unit.YEAR: ("year", "years"),
        _MINUTE: ("minute", "minutes"),
    },
}
# One by itself, where a language has another form for it.
_ONE_ALONE: Final[Mapping[str, Mapping[str, str]]] = {
    "fi": {Unit.DAY: "päivä", Unit.MONTH: "kuukausi", Unit.YEAR: "vuosi"},
}
_AT_MOST: Final = {
    "sv": "högst",
    "nb": "inntil",
    "da": "op til",
    "fi": "enintään",
    "en": "up to",
}


def period_in_words(period: Period, language: str) -> str:
    """`18 månader`, `18 kuukautta`, `1 month`."""
    return _counted(period.count, period.unit, language)


def period_alone(period: Period, language: str) -> str:
    """The period as it stands in a table: `18 månader`, `1 kuukausi`."""
    alone = _ONE_ALONE.get(language, {}).get(period.unit)
    if period.count == 1 and alone is not None:
        return f"1 {alone}"
    return period_in_words(period, language)


def minutes_in_words(minutes: int, language: str) -> str:
    """`2 minuter`, `1 minuutin`."""
    return _counted(minutes, _MINUTE, language)


def keeping_in_words(rule: RetentionRule, language: str) -> str:
    """How long the rule keeps, at most when handling it ends it earlier: `högst 12 månader`.

    Raises ValueError for a rule without a last day, which nobody could be told.
    """
    longest = rule.longest
    if longest is None:
        raise ValueError(f"the rule for {rule.data_class} has no last day to tell a caller")
    words = period_in_words(longest, language)
    return words if longest == rule.keep else f"{_AT_MOST[language]} {words}"


def _counted(count: int, unit: str, language: str) -> str:
    one, many = _FORMS[language][unit]
    return f"{count} {one if count == 1 else many}"
