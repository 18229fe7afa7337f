"""The tables of cases read into facts: the profile's own file, and what a line says is known."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from config.campaign_limits import LONGEST_CALL, RegisterBlocks, Weekday, micros_of
from config.campaign_rules import Campaign, CampaignKind
from config.directory import Configuration
from config.organisation_file import Organisation
from storage.states import CampaignState, ContactPurpose, Disposition, FollowUp, InvitationState
from survey.permission_files import file_facts
from survey.permission_terms import (
    ConsentOnFile,
    FollowUpFacts,
    Method,
    Money,
    PermissionFacts,
    RegisterAnswer,
    Throttle,
)
from survey.retries import PastAttempt

FOLDER = Path(__file__).parent / "permission_cases"
WHEN = r"([A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?: again)?)"
DAY = r"(\d{1,2} [A-Z][a-z]{2} \d{4})"
ENDED = {
    "busy": Disposition.BUSY, "no answer": Disposition.NO_ANSWER, "cut": Disposition.PARTIAL,
    "machine": Disposition.MACHINE, "failed": Disposition.FAILED, "refused": Disposition.REFUSED,
}  # fmt: skip


# By its register; `who knows` is a number about which that has not said, or not lately.
_COMPANIES = {"somebody": False, "a company": True, "who knows": None}


@dataclass(frozen=True)
class Case:
    """One line of a table, with the facts it stands for."""

    name: str
    facts: PermissionFacts
    now: datetime
    allowed: bool
    rule: str
    next_allowed_at: datetime | None


def cases(files: Configuration) -> Iterator[Case]:
    """Every line of every table."""
    for page in sorted(FOLDER.glob("*.md")):
        if page.stem == "README":
            continue
        organisation = files.organisations[page.stem]
        (campaign,) = organisation.campaigns
        for line in page.read_text("utf-8").splitlines():
            if line.startswith(("| somebody", "| a company", "| who knows")):
                cells = [cell.strip() for cell in line.strip("|").split("|")]
                yield _case(organisation, campaign, *cells)


def _case(
    organisation: Organisation, campaign: Campaign, who: str, when: str, known: str,
    answer: str, rule: str, again: str,
) -> Case:  # fmt: skip
    zone = organisation.zone
    now = moment(when, zone)
    told = [one.strip() for one in known.split(";") if one.strip() != "nothing"]
    rules = _file(campaign, [one for one in told if one.startswith("file: ")])
    country = who[-2:]
    closed = now - rules.delay - timedelta(hours=1)
    for one in told:
        if found := re.fullmatch(f"closed {WHEN}", one):
            closed = moment(found[1], zone)
    (line_for,) = [one[-2:] for one in told if one.startswith("file: line for ")] or [None]
    facts = _usual(
        organisation, rules, country, now, closed,
        company=_COMPANIES[who[:-6]], line_for=line_for,
    )  # fmt: skip
    for one in told:
        if found := re.fullmatch(f"asked {WHEN}", one):
            assert organisation.throttle is not None
            throttle = Throttle(moment(found[1], zone), organisation.throttle)
            facts = dataclasses.replace(facts, throttle=throttle)
        elif not one.startswith(("file: ", "closed ")):
            facts = dataclasses.replace(facts, **_known(one, facts))
    return Case(
        name=f"{organisation.key}: {who}, {when}, {known}",
        facts=facts,
        now=now,
        allowed={"yes": True, "no": False}[answer],
        rule=rule,
        next_allowed_at=None if again in ("", "never") else moment(again, zone),
    )


def moment(text: str, zone: ZoneInfo) -> datetime:
    """The aware moment of a table's time; a wrong weekday is a mistake in the table.

    `again` is the second coming of an hour that comes twice.
    """
    wall, again = text.removesuffix(" again"), text.endswith(" again")
    found = datetime.strptime(wall, "%a %d %b %Y %H:%M").replace(tzinfo=zone, fold=int(again))
    assert f"{found:%a}" == text[:3], f"{text} is a {found:%A}"
    assert found.astimezone(UTC).astimezone(zone) == found, f"{text} is no time on that clock"
    assert not again or found.utcoffset() != found.replace(fold=0).utcoffset(), f"{text}: once"
    return found.astimezone(UTC)


def day(text: str) -> date:
    """The day of a table."""
    return datetime.strptime(text, "%d %b %Y").date()  # noqa: DTZ007 - a day


def _usual(
    organisation: Organisation, rules: Campaign, country: str, now: datetime, closed: datetime,
    *, company: bool | None, line_for: str | None,
) -> PermissionFacts:  # fmt: skip
    row: Any = SimpleNamespace(country=organisation.country, timezone=organisation.timezone)
    (line,) = [one for one in organisation.lines if one.number == rules.line]
    if line_for is not None:
        line = line.model_copy(update={"calls_to": (line_for,)})
    clocks = {"FI": ["Europe/Helsinki"], "ES": ["Europe/Madrid", "Atlantic/Canary"],
              "PT": ["Europe/Lisbon", "Atlantic/Azores"]}  # fmt: skip
    theirs = tuple(ZoneInfo(one) for one in clocks.get(country, [organisation.timezone]))
    expires = closed + rules.stale_after
    registers = tuple(RegisterAnswer(one.key, one.blocks) for one in rules.registers)
    return PermissionFacts(
        **file_facts(
            rules,
            row,
            line,
            clocks=theirs if rules.hours_of == "customer" else (organisation.zone,),
            customers_country=country,
            company=company,
            first=now.date(),
            last=expires.date(),
        ),
        method=Method.CALLS,
        objected_to=frozenset(),
        invitation_state=InvitationState.PLANNED,
        due_at=closed + rules.delay,
        expires_at=expires,
        has_number=True,
        number_valid=True,
        on_allow_list=True,
        past=(),
        campaign_state=CampaignState.RUNNING,
        rings_at_any_hour=False,
        on_the_line=False,
        company=company,
        country=country,
        registers=registers,
        money=_money(rules, now.astimezone(organisation.zone).date()),
        follow_up=FollowUpFacts(
            rules.open_case.contact_by if rules.open_case else None,
            FollowUp.NOT_ASKED,
            answered=False,
            opens_case=False,
        ),
    )


def _money(rules: Campaign, day: date) -> Money | None:
    if rules.ceiling is None or rules.price is None:
        return None
    per_day, whole = rules.ceiling.per_day, rules.ceiling.whole
    return Money(
        rules.price.currency,
        rules.price.micros(LONGEST_CALL),
        day,
        per_day=None if per_day is None else micros_of(per_day),
        whole=None if whole is None else micros_of(whole),
    )


def _file(campaign: Campaign, lines: list[str]) -> Campaign:
    written = campaign.model_dump(mode="json", by_alias=True)
    ground, by_country = written["classification"], dict[str, Any]()
    for line in lines:
        text = line.removeprefix("file: ")
        if text == "calls by consent":
            ground |= {"purpose": "marketing", "calls_allowed_by": "consent"}
        elif text == "marketing by hand":
            ground |= {"purpose": "marketing", "calls_allowed_by": "handed_over"}
        elif text in ("handed over", "called in"):
            ground["calls_allowed_by"] = text.replace(" ", "_")
        elif text.startswith("signed "):
            signed = datetime.strptime(text, "signed %d %b %Y")  # noqa: DTZ007 - a day
            ground["decided_on"] = signed.date().isoformat()
        elif text.startswith("register "):
            written["registers"] = [{"key": text.split()[1], "valid_for": "30 days"}]
        elif text.startswith("former customers for "):
            written["former_customers_for"] = text.removeprefix("former customers for ")
        elif text == "machine then sms":
            written["retry"]["machine"] = {"after": "1 hour", "times": 1, "then": "sms"}
        elif found := re.fullmatch(f"([A-Z]{{2}}) ({'|'.join(_GROUNDS)})(?: signed (.+))?", text):
            if not by_country:
                usual = {name: ground[name] for name in ("decided_by", "decided_on")}
                by_country |= {
                    one: {"by": ground["calls_allowed_by"], **usual}
                    for one in written["allowed_countries"]
                }
                written["automatic_calls"] = by_country
            by_country[found[1]] = _GROUNDS[found[2]] and {"by": _GROUNDS[found[2]]}
            if found[3]:
                day = datetime.strptime(found[3], "%d %b %Y").date()  # noqa: DTZ007 - a day
                by_country[found[1]] |= {"decided_by": "somebody", "decided_on": day.isoformat()}
            if by_country[found[1]] is None:
                del by_country[found[1]]
        elif text.startswith("also calls "):
            written["allowed_countries"].append(text.removeprefix("also calls "))
        elif text.startswith("line for "):
            pass  # the line is none of the campaign's own fields
        elif found := re.fullmatch(r"every day ([\d:]+)-([\d:]+)", text):
            written["window"] = {day.value: [[found[1], found[2]]] for day in Weekday}
        elif found := re.fullmatch(r"company hours ([\d:]+)-([\d:]+)", text):
            week = {day: [[found[1], found[2]]] for day in written["window"]}
            written["company_numbers"] = {"register": "companies", "window": week}
        else:
            raise AssertionError(f"no such line of the file: {text}")
    return Campaign.model_validate(written)


# What a machine may call a country on, as a table says it; `by nobody` has decided nothing.
_GROUNDS = {
    "by consent": "consent", "not marketing": "not_marketing", "handed over": "handed_over",
    "called in": "called_in", "by nobody": None,
}  # fmt: skip

_PLAIN: Mapping[str, dict[str, Any]] = {
    "by sms": {"method": Method.SMS},
    "by email": {"method": Method.EMAIL},
    "frozen": {"restricted": True},
    "on the line": {"on_the_line": True},
    "no number": {"has_number": False},
    "number not valid": {"number_valid": False},
    "not on the list": {"on_allow_list": False},
    "left out of the share": {"sampled": False},
    "quota full": {"quota_full": True},
    "started by a person": {"started_by_person": True},
    "called us": {"called_in": True},
    "in research": {"kind": CampaignKind.RESEARCH},
    "follow-up": {
        "purpose": ContactPurpose.FOLLOW_UP,
        "invitation_state": InvitationState.COMPLETED,
    },
}
_ANSWERED: Mapping[str, dict[str, Any]] = {
    "said yes": {"said": FollowUp.YES},
    "said no": {"said": FollowUp.NO},
    "answered": {"answered": True},
    "reached the threshold": {"answered": True, "opens_case": True},
}


def _known(text: str, facts: PermissionFacts) -> dict[str, Any]:
    """What one part of a line changes about the usual facts."""
    if text in _PLAIN:
        return _PLAIN[text]
    if text in _ANSWERED:
        assert facts.follow_up is not None
        return {"follow_up": dataclasses.replace(facts.follow_up, **_ANSWERED[text])}
    for pattern, read in _READERS:
        found = re.fullmatch(pattern, text)
        if found is not None:
            return read(found, facts)
    raise AssertionError(f"nobody knows what this means: {text}")


Reader = Callable[[re.Match[str], PermissionFacts], dict[str, Any]]


def _consent(found: re.Match[str], facts: PermissionFacts) -> dict[str, Any]:
    ends = moment(found[3], facts.zone) if found[3] else None
    yes = ConsentOnFile(Method(found[1]), moment(found[2], facts.zone), ends)
    return {"consents": (*facts.consents, yes)}


def _register(found: re.Match[str], facts: PermissionFacts) -> dict[str, Any]:
    until = moment(found[3], facts.zone) if found[3] else None
    said = RegisterAnswer(found[1], RegisterBlocks.LISTED, found[2] == "lists", until)
    return {"registers": tuple(said if one.key == said.key else one for one in facts.registers)}


def _spent(found: re.Match[str], facts: PermissionFacts) -> dict[str, Any]:
    assert facts.money is not None
    name = {"today": "spent_today", "in all": "spent_whole"}[found[1]]
    return {"money": dataclasses.replace(facts.money, **{name: micros_of(Decimal(found[2]))})}


_READERS: tuple[tuple[str, Reader], ...] = (
    (r"objected to (\w+)", lambda m, f: {"objected_to": f.objected_to | {Method(m[1])}}),
    (r"campaign (\w+)", lambda m, f: {"campaign_state": CampaignState(m[1])}),
    (r"invitation (\w+)", lambda m, f: {"invitation_state": InvitationState(m[1])}),
    (
        f"({'|'.join(ENDED)}) {WHEN}",
        lambda m, f: {"past": (*f.past, PastAttempt(ENDED[m[1]], moment(m[2], f.zone)))},
    ),
    (f"consent to (\\w+) since {WHEN}(?: until {WHEN})?", _consent),
    (f"(\\w+) (lists|does not list)(?: until {WHEN})?", _register),
    (r"spent (today|in all) ([\d.]+)", _spent),
    (r"minor", lambda m, f: {"minor": True}),
    (f"leave given {DAY}", lambda m, f: {"guardian_leave_on": day(m[1])}),
    (f"customer since {DAY}", lambda m, f: {"customer_since": day(m[1])}),
    (f"customer until {DAY}", lambda m, f: {"customer_until": day(m[1])}),
    (
        f"calls bring the whole back by {WHEN}",
        lambda m, f: {"money": dataclasses.replace(f.money, whole_free_by=moment(m[1], f.zone))},
    ),
    (
        f"calls bring it back by {WHEN}",
        lambda m, f: {"money": dataclasses.replace(f.money, free_by=moment(m[1], f.zone))},
    ),
)
