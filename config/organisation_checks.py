"""What no single field of an organisation can tell: gaps, contradictions, names of nothing."""

from collections.abc import Iterator, Mapping

from config.campaign_checks import check_campaign
from config.campaign_rules import Campaign
from config.marked_yaml import Path
from config.organisation_file import Organisation
from config.period_order import can_cross
from config.periods import Period
from config.receiver_rules import faults
from config.retention_rules import (
    KEPT_BY_NOTHING,
    STARTS,
    TOLD_TO_CALLERS,
    DataClass,
    KeepUntil,
    RetentionRule,
    Then,
    may_extend,
)
from config.survey_checks import check_condition, check_texts
from config.survey_file import Survey

Found = Iterator[tuple[Path, str]]


def check_organisation(
    organisation: Organisation, *, file_key: str, surveys: Mapping[str, Survey | None]
) -> Found:
    """Everything that is wrong with an organisation whose fields are each right.

    `surveys` holds None for a survey whose own file is at fault.
    """
    if organisation.key != file_key:
        yield (
            ("key",),
            f"is {organisation.key} but the file is called {file_key}.yaml; make them agree",
        )
    yield from _twice(organisation.languages, ("languages",))
    yield from check_texts(
        organisation.spoken_name, ("spoken_name",), languages=organisation.languages
    )
    yield from _check_retention(organisation.retention)
    yield from _check_keys(organisation)
    for place, field, fault in faults(organisation.receivers, languages=organisation.languages):
        yield ("receivers", place, field), fault
    for place, campaign in enumerate(organisation.campaigns):
        path: Path = ("campaigns", place)
        yield from check_campaign(campaign, path, organisation=organisation)
        yield from _check_survey(campaign, path, organisation=organisation, surveys=surveys)
    for place, mailbox in enumerate(organisation.mailboxes):
        path = ("mailboxes", place)
        if mailbox.language not in organisation.languages:
            spoken = ", ".join(organisation.languages)
            yield (*path, "language"), f"{mailbox.language} is not spoken here; {spoken} is"
        yield from check_texts(
            mailbox.greeting,
            (*path, "greeting"),
            languages=(mailbox.language,),
            allowed=("organisation",),
        )


def _check_keys(organisation: Organisation) -> Found:
    for name in ("campaigns", "mailboxes"):
        entries = getattr(organisation, name)
        for place, fault in _repeats([entry.key for entry in entries]):
            yield (name, place, "key"), fault
    # The same number twice is found across all files, see config/directory.py.


def _twice(values: tuple[str, ...], path: Path) -> Found:
    for place, fault in _repeats(list(values)):
        yield (*path, place), fault


def _repeats(values: list[str]) -> Iterator[tuple[int, str]]:
    for place, value in enumerate(values):
        if value in values[:place]:
            yield place, f"{value} is given twice; keep one of them"


def _check_retention(rules: tuple[RetentionRule, ...]) -> Found:
    seen: set[DataClass] = set()
    for place, rule in enumerate(rules):
        path: Path = ("retention", place)
        if rule.data_class in seen:
            yield (*path, "class"), f"{rule.data_class} has a rule already; keep one of them"
        seen.add(rule.data_class)
        if rule.ceiling is not None and isinstance(rule.keep, Period):
            yield (*path, "ceiling"), 'belongs to "until handled"; a period is a limit by itself'
        if rule.ceiling is not None and rule.keep is KeepUntil.NEVER_BY_AGE:
            yield (*path, "ceiling"), 'contradicts "never by age"; leave one of them out'
        if rule.start not in STARTS[rule.data_class]:
            right = " or ".join(STARTS[rule.data_class])
            yield (
                (*path, "from"),
                f"{rule.start} is not what the clock of {rule.data_class} goes by; {right} is",
            )
        for by in rule.extended_by:
            if not may_extend(rule.data_class, by):
                why = KEPT_BY_NOTHING.get(rule.data_class, "no case is about them")
                yield (
                    (*path, "extended_by"),
                    f"{by} keeps nothing of {rule.data_class}: {why}; leave it out",
                )
        if rule.then is Then.ANONYMISE and rule.data_class is not DataClass.ANSWERS:
            yield (*path, "then"), f"{rule.data_class} cannot be made anonymous; only answers can"
        if rule.keep is KeepUntil.HANDLED and rule.ceiling is None:
            yield (
                (*path, "ceiling"),
                f"is missing; {rule.data_class} that nobody handles would be kept for ever, so say "
                'the longest, such as "3 years"',
            )
        elif rule.data_class in TOLD_TO_CALLERS and rule.longest is None:
            yield (
                path,
                f"{rule.data_class} has no last day, and callers are told one; give a period, or "
                '"until handled" with a ceiling',
            )
    missing = [name.value for name in DataClass if name not in seen]
    if missing:
        yield ("retention",), f"has no rule for {', '.join(missing)}; nothing is kept without one"
    yield from _check_order(rules)


def _check_order(rules: tuple[RetentionRule, ...]) -> Found:
    """Contacts go before the answers about them or with them: on every day the same of both."""
    answers = next((one for one in rules if one.data_class is DataClass.ANSWERS), None)
    for place, rule in enumerate(rules):
        if rule.data_class is not DataClass.CONTACT_LOG or answers is None:
            continue
        own, theirs = rule.longest, answers.longest
        if own is not None and theirs is not None and can_cross(own, theirs):
            field = "keep" if isinstance(rule.keep, Period) else "ceiling"
            yield (
                ("retention", place, field),
                f"{own} is shorter than the {theirs} of answers on some days of the year and "
                "longer on others, so nobody could say which goes first; write both in days or "
                "both in months",
            )


def _check_survey(
    campaign: Campaign,
    path: Path,
    *,
    organisation: Organisation,
    surveys: Mapping[str, Survey | None],
) -> Found:
    if campaign.survey not in surveys:
        known = ", ".join(sorted(surveys)) or "none"
        yield (*path, "survey"), f"{campaign.survey} is no file in surveys/; known are: {known}"
        return
    survey = surveys[campaign.survey]
    if survey is None:
        return
    for language in organisation.languages:
        if language not in survey.purpose:
            yield (*path, "survey"), f"{campaign.survey} is not written in {language}"
    if campaign.open_case:
        questions = {question.key: question for question in survey.questions}
        yield from check_condition(
            campaign.open_case.when, (*path, "open_case", "when"), seen=questions
        )
