"""What must be right before a campaign may ring; every problem is told in one go.

Whatever is wrong with one person is for `permission` to find. Here is what is wrong for all of
them: the file as it was applied, looked at again under the rules and on the day of the start.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from config.campaign_checks import check_campaign
from config.campaign_grounds import grounds_of
from config.campaign_limits import MICROS, Register
from config.campaign_rules import CallsAllowedBy
from config.campaign_rules import Campaign as CampaignRules
from config.organisation_file import Organisation as OrganisationFile
from config.phrases import FROZEN
from storage.faults import GiveUp
from storage.house import house
from storage.tables import Campaign, Invitation, Organisation, RegisterResult, SurveyVersion
from survey import spending, trying_out
from survey.permission_facts import rules_of
from survey.permission_terms import Method
from survey.script import Question, SurveyScript
from survey.script_document import from_document


class CannotStartError(GiveUp):
    """The campaign may not ring as things are; `problems` says why, each in a sentence."""

    def __init__(self, name: str, problems: tuple[str, ...]) -> None:
        listed = "".join(f"\n  - {one}" for one in problems)
        super().__init__(f"{name} is not started:{listed}", code="campaign_not_ready")
        self.problems = problems


def check(
    session: Session, organisation: Organisation, campaign: Campaign, *, now: datetime
) -> None:
    """Raise CannotStartError with every problem there is; nothing when it may ring."""
    problems = tuple(_problems(session, organisation, campaign, now=now))
    if problems:
        name = f"campaign {campaign.key} of {organisation.key}"
        raise CannotStartError(name, problems)


def _problems(
    session: Session, organisation: Organisation, campaign: Campaign, *, now: datetime
) -> Iterator[str]:
    try:
        file = OrganisationFile.model_validate(organisation.document)
        rules = rules_of(campaign)
    except ValidationError:
        yield "its file was applied by another version; run 'flask organisations apply' again"
        return
    if organisation.contacts_unknown_since is not None:
        yield (
            "the database was restored from a backup, and whom the campaign contacted since is not "
            "known; 'flask campaigns start' asks the provider first"
        )
    for path, fault in check_campaign(rules, (), organisation=file):
        yield f"{'.'.join(str(part) for part in path)}: {fault}"
    if campaign.rings_at_any_hour and not trying_out.rings_nobody(house().settings):
        yield trying_out.REFUSED
    yield from _signature(rules, file, now=now)
    yield from _texts(session, campaign, file)
    for register in rules.registers:
        yield from _register(session, campaign, register, file, now=now)
    yield from _money(session, campaign, rules, now=now)


def _signature(rules: CampaignRules, file: OrganisationFile, *, now: datetime) -> Iterator[str]:
    """By name it is always signed, the file sees to that; only the day is another matter.

    Where one country's day has come, the campaign may ring there; the others wait for theirs.
    """
    grounds = grounds_of(rules)
    signed = [
        one.decided_on
        for one in grounds
        if one.by is CallsAllowedBy.NOT_MARKETING and one.decided_on is not None
    ]
    today = now.astimezone(ZoneInfo(file.timezone)).date()
    if len(signed) == len(grounds) and min(signed) > today:
        where = "classification" if rules.automatic_calls is None else "automatic_calls"
        yield f"{where}.decided_on: the decision counts from {min(signed)} on, which is to come"


def _texts(session: Session, campaign: Campaign, file: OrganisationFile) -> Iterator[str]:
    version = session.get_one(SurveyVersion, campaign.survey_version_id)
    script = from_document(version.document)
    for tag in file.languages:
        missing = list(_unspoken(script, tag))
        if missing:
            yield (
                f"survey {script.survey}: no wording in {tag} of {', '.join(missing[:5])}"
                f"{' and more' if len(missing) > 5 else ''}"
            )


def _unspoken(script: SurveyScript, tag: str) -> Iterator[str]:
    """What a caller of that language could not be told."""
    said = script.phrases.get(tag, {})
    yield from (f"the phrase {one.value}" for one in FROZEN if not said.get(one, "").strip())
    for question in script.questions:
        if not all(texts.get(tag, "").strip() for texts in _wordings(question)):
            yield f"the question {question.key}"


def _wordings(question: Question) -> Iterator[dict[str, str]]:
    yield dict(question.prompt)
    yield from (dict(one.prompt) for one in question.variants)
    yield from (dict(one.label) for one in question.choices)


def _register(
    session: Session,
    campaign: Campaign,
    register: Register,
    file: OrganisationFile,
    *,
    now: datetime,
) -> Iterator[str]:
    """A register of which no word counts any more; single numbers wait for theirs by the rules."""
    somebody = exists().where(
        Invitation.organisation_id == campaign.organisation_id,
        Invitation.campaign_id == campaign.id,
        Invitation.ended_at.is_(None),
    )
    if not session.scalar(select(somebody)):
        return
    checked_at = session.scalar(
        select(func.max(RegisterResult.checked_at)).where(
            RegisterResult.organisation_id == campaign.organisation_id,
            RegisterResult.register_key == register.key,
            RegisterResult.expires_at > now,
        )
    )
    if checked_at is None:
        state = "no number was washed against it, or too long ago"
    elif register.valid_for.after(checked_at, ZoneInfo(file.timezone)) <= now:
        state = f"the last wash is older than {register.valid_for}"
    else:
        return
    yield f"register {register.key}: {state}; begin with 'flask registers export-numbers'"


def _money(
    session: Session, campaign: Campaign, rules: CampaignRules, *, now: datetime
) -> Iterator[str]:
    money = spending.money_of(session, campaign, rules, method=Method.CALLS, now=now)
    if money is None or money.whole is None:
        return
    # What calls under way hold of it may come back: whoever is due waits for that.
    if money.spent_whole + money.price > money.whole and money.whole_free_by is None:
        yield (
            f"ceiling.whole: {money.spent_whole / MICROS:,.2f} of {money.whole / MICROS:,.2f} "
            f"{money.currency} are spent, and one more call may cost "
            f"{money.price / MICROS:,.2f}; raise it in the file"
        )
