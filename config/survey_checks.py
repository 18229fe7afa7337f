"""What no single field of a survey can tell: references, scales, languages, spoken keys."""

from collections.abc import Iterable, Iterator, Mapping

from config.campaign_rules import Condition
from config.marked_yaml import Path
from config.survey_file import CONFIRMED, NPS_SCALE, SCORED, Kind, Question, Survey
from config.wording import names_number, placeholder_fault

Found = Iterator[tuple[Path, str]]
"""Faults as they are found: the field, and what is wrong with it."""

_YES_AND_NO = (1, 2)


def check_survey(survey: Survey, *, file_key: str) -> Found:
    """Everything that is wrong with a survey whose fields are each right."""
    if survey.key != file_key:
        yield ("key",), f"is {survey.key} but the file is called {file_key}.yaml; make them agree"
    if not survey.purpose:
        yield ("purpose",), "has no wording; write one per language, such as sv: …"
    # A language that any text is written in must be there in all of them.
    texts = (survey.purpose, *(question.prompt for question in survey.questions))
    languages = tuple(dict.fromkeys(tag for text in texts for tag in text))
    yield from check_texts(survey.purpose, ("purpose",), languages=languages)
    seen: dict[str, Question] = {}
    for place, question in enumerate(survey.questions):
        path: Path = ("questions", place)
        if question.key in seen:
            yield (*path, "key"), f"{question.key} is the key of an earlier question too"
        later = {q.key for q in survey.questions[place + 1 :]} - seen.keys()
        yield from _check_question(question, path, languages=languages, seen=seen, later=later)
        seen.setdefault(question.key, question)


def check_texts(
    texts: Mapping[str, str],
    path: Path,
    *,
    languages: Iterable[str],
    allowed: Iterable[str] = (),
    numbers: Iterable[int] = (),
    why: str = "",
) -> Found:
    """Wordings that are missing a language, use a placeholder wrongly, or do not say a number."""
    for language in languages:
        if language not in texts:
            yield path, f"has no wording in {language}; every text of the file needs one"
    for language, text in texts.items():
        fault = placeholder_fault(text, allowed=tuple(allowed))
        if fault:
            yield (*path, language), fault
        for number in numbers:
            if not names_number(text, number):
                yield (*path, language), f"does not say {number} in digits, {why}"


def check_condition(
    condition: Condition,
    path: Path,
    *,
    seen: Mapping[str, Question],
    later: Iterable[str] = (),
    this: str = "",
) -> Found:
    """A condition on a question that is unknown or comes later, or on a value it never has."""
    name = condition.question
    if name not in seen:
        where = (*path, "question")
        if name == this:
            yield where, f"{name} is this very question; a condition looks at an earlier one"
        elif name in later:
            yield where, f"{name} comes later in the survey; a condition looks at an earlier one"
        else:
            known = ", ".join(seen) or "none, as it is the first"
            yield where, f"{name} is no question of this survey; earlier ones are: {known}"
        return
    question = seen[name]
    bounds = {"at_least": condition.at_least, "at_most": condition.at_most}
    given = [field for field, bound in bounds.items() if bound is not None]
    if not given and condition.equals is None:
        yield path, "tests nothing; give at_least, at_most or equals"
    if question.kind in SCORED:
        yield from _check_bounds(condition, path, question)
        return
    for field in given:
        yield (*path, field), f"{name} has no score; use equals"
    values = _values(question)
    if not values:
        yield path, f"{name} is a comment, whose content no condition can test"
    elif condition.equals is not None and condition.equals not in values:
        yield (
            (*path, "equals"),
            f"{condition.equals[:40]!r} is never stored for {name}; {', '.join(values)} are",
        )


def _check_bounds(condition: Condition, path: Path, question: Question) -> Found:
    if condition.equals is not None:
        yield (*path, "equals"), f"{question.key} is a score; use at_least and at_most"
    scale = question.scored
    if scale is None:
        return
    for field, bound in (("at_least", condition.at_least), ("at_most", condition.at_most)):
        if bound is not None and not scale.lowest <= bound <= scale.highest:
            ends = f"{scale.lowest} to {scale.highest}"
            yield (*path, field), f"{bound} lies outside the scale of {question.key}, {ends}"
    low, high = condition.at_least, condition.at_most
    if low is not None and high is not None and low > high:
        yield path, f"can never hold: at_least {low} is more than at_most {high}"


def _values(question: Question) -> tuple[str, ...]:
    if question.kind in CONFIRMED:
        return ("yes", "no")
    return tuple(choice.value for choice in question.choices)


def _check_question(
    question: Question,
    path: Path,
    *,
    languages: tuple[str, ...],
    seen: Mapping[str, Question],
    later: Iterable[str],
) -> Found:
    yield from _check_kind(question, path, languages=languages)
    numbers: tuple[int, ...] = ()
    why = ""
    if question.kind in SCORED and question.scored:
        numbers = (question.scored.lowest, question.scored.highest)
        why = "an end of the scale that the caller must hear"
    elif question.kind in CONFIRMED:
        numbers, why = _YES_AND_NO, "where 1 is the key for yes and 2 the key for no"
    wordings = [(question.prompt, (*path, "prompt"))]
    wordings += [
        (variant.prompt, (*path, "variants", n, "prompt"))
        for n, variant in enumerate(question.variants)
    ]
    for texts, where in wordings:
        yield from check_texts(
            texts, where, languages=languages, allowed=("organisation",), numbers=numbers, why=why
        )
    conditions: list[tuple[Condition, Path]] = [
        (variant.when, (*path, "variants", n, "when"))
        for n, variant in enumerate(question.variants)
    ]
    if question.ask_when:
        conditions.append((question.ask_when, (*path, "ask_when")))
    for condition, where in conditions:
        yield from check_condition(condition, where, seen=seen, later=later, this=question.key)


def _check_kind(question: Question, path: Path, *, languages: tuple[str, ...]) -> Found:
    scale = question.scale
    if question.kind is Kind.NPS and scale not in (None, NPS_SCALE):
        yield (
            (*path, "scale"),
            "an nps question always runs from 0 to 10; leave it out",
        )
    elif question.kind in SCORED and question.scored is None:
        yield path, f"a {question.kind} question needs a scale with lowest, highest and direction"
    elif question.kind not in SCORED and scale is not None:
        yield (*path, "scale"), f"a {question.kind} question has no scale; leave it out"
    if scale is not None and scale.lowest >= scale.highest:
        yield (*path, "scale"), f"lowest {scale.lowest} is not below highest {scale.highest}"
    if question.kind is not Kind.COMMENT:
        for field in ("max_seconds", "silence_seconds"):
            if field in question.model_fields_set:
                yield (*path, field), f"a {question.kind} question records nothing; leave it out"
    yield from _check_choices(question, path, languages=languages)


def _check_choices(question: Question, path: Path, *, languages: tuple[str, ...]) -> Found:
    if question.kind is not Kind.CHOICE:
        if question.choices:
            yield (*path, "choices"), f"a {question.kind} question has no choices; leave them out"
        return
    if len(question.choices) < 2:
        yield path, "a choice question needs at least two choices"
    for field in ("key", "value"):
        seen = set()
        for place, choice in enumerate(question.choices):
            written = getattr(choice, field)
            if written in seen:
                yield (*path, "choices", place, field), f"{written} is taken by an earlier choice"
            seen.add(written)
    for place, choice in enumerate(question.choices):
        yield from check_texts(
            choice.label, (*path, "choices", place, "label"), languages=languages
        )
