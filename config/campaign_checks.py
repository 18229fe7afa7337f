"""What no single field of a campaign can tell: contradictions that call nobody, or wrongly."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import holidays

from config.campaign_grounds import check_grounds
from config.campaign_limits import LONGEST_CALL, Window
from config.campaign_rules import (
    CallsAllowedBy,
    Campaign,
    CampaignKind,
    FollowUpBasis,
    MachineDetection,
    Purpose,
    RetryBy,
    RetryCause,
)
from config.marked_yaml import Path
from config.notations import minutes_of
from config.number_rules import Line, is_mobile
from config.organisation_file import Organisation

Found = Iterator[tuple[Path, str]]


def check_campaign(campaign: Campaign, path: Path, *, organisation: Organisation) -> Found:
    """Everything that is wrong with a campaign whose fields are each right."""
    if campaign.delay >= campaign.stale_after:
        yield (*path, "stale_after"), "is not longer than delay, so nobody would ever be called"
    yield from _check_window(campaign.window, (*path, "window"))
    if campaign.company_numbers is not None:
        where = (*path, "company_numbers", "window")
        yield from _check_window(campaign.company_numbers.window, where)
    yield from _check_line(campaign, path, organisation=organisation)
    yield from _check_holidays(campaign, path, organisation=organisation)
    yield from _check_classification(campaign, path)
    allowed = countries_of(campaign, country=organisation.country)
    yield from check_grounds(campaign, path, countries=tuple(allowed))
    yield from _check_repeats(campaign, path)
    yield from _check_money(campaign, path)
    yield from _check_retry(campaign, path)


def countries_of(campaign: Campaign, *, country: str) -> tuple[str, ...]:
    """The countries whose numbers the campaign may contact; `country` is the organisation's."""
    return (country,) if campaign.allowed_countries is None else campaign.allowed_countries


def _check_line(campaign: Campaign, path: Path, *, organisation: Organisation) -> Found:
    line = next((one for one in organisation.lines if one.number == campaign.line), None)
    if line is None:
        yield (*path, "line"), f"{campaign.line} is none of the numbers under lines; add it there"
        return
    allowed = countries_of(campaign, country=organisation.country)
    place: Path = (*path, "line" if campaign.allowed_countries is None else "allowed_countries")
    if not allowed:
        yield (*path, "allowed_countries"), "is empty, so nobody would ever be called"
    strange = [country for country in allowed if country not in line.countries]
    if strange:
        yield (
            place,
            f"{', '.join(strange)} would see {line.number}, a number for "
            f"{', '.join(line.countries) or 'no country'}; lease one there, or add it to the "
            "line's calls_to",
        )
    yield from _check_shown_number(campaign, line, allowed, path)


def _check_shown_number(
    campaign: Campaign, line: Line, allowed: Sequence[str], path: Path
) -> Found:
    # Norway: marketing is called from five-digit, 815 or fixed numbers, never from a mobile one.
    marketing = campaign.classification.purpose is Purpose.MARKETING
    if marketing and "NO" in allowed and is_mobile(line.number):
        yield (
            (*path, "line"),
            f"{line.number} is a mobile number, from which nobody may be called in NO for "
            "marketing; a fixed one would be right",
        )


def _check_holidays(campaign: Campaign, path: Path, *, organisation: Organisation) -> Found:
    if not campaign.public_holidays:
        return
    known = holidays.list_supported_countries()
    wanted = {organisation.country, *countries_of(campaign, country=organisation.country)}
    for country in sorted(wanted - known.keys()):
        yield (
            (*path, "public_holidays"),
            f"the holidays of {country} are unknown here; set it to false",
        )


def _check_classification(campaign: Campaign, path: Path) -> Found:
    chosen = campaign.classification
    unmarketed = chosen.calls_allowed_by is CallsAllowedBy.NOT_MARKETING
    if unmarketed and chosen.purpose is Purpose.MARKETING:
        yield (
            (*path, "classification", "calls_allowed_by"),
            "not_marketing contradicts the purpose marketing; a machine may place marketing calls "
            "only with consent, handed_over or called_in",
        )
    research = campaign.kind is CampaignKind.RESEARCH
    if research and chosen.purpose is Purpose.MARKETING:
        yield (
            (*path, "classification", "purpose"),
            "marketing contradicts the kind research; one of them is wrong",
        )
    case = campaign.open_case
    if research and case is not None and case.contact_by is not FollowUpBasis.CONSENT:
        yield (
            (*path, "open_case", "contact_by"),
            "in research nobody is told who answered unless the person asks for it; consent would "
            "be right",
        )


def _check_repeats(campaign: Campaign, path: Path) -> Found:
    lists: dict[str, list[object]] = {
        "allowed_countries": list(campaign.allowed_countries or ()),
        "blocked_days": list(campaign.blocked_days),
        "registers": [one.key for one in campaign.registers],
        "quotas": [(one.segment, one.equals) for one in campaign.quotas],
    }
    for name, values in lists.items():
        for place, value in enumerate(values):
            if value in values[:place]:
                shown = " ".join(str(part) for part in value) if isinstance(value, tuple) else value
                yield (*path, name, place), f"{shown} is given twice; keep one of them"


def _check_money(campaign: Campaign, path: Path) -> Found:
    ceiling, price = campaign.ceiling, campaign.price
    if ceiling is None:
        return
    if price is None:
        yield (*path, "ceiling"), "needs a price; without one nobody knows what a call costs"
        return
    if ceiling.per_day is None and ceiling.whole is None:
        yield (*path, "ceiling"), "has no amount; give per_day, whole or both"
    dearest = price.of(LONGEST_CALL)
    if dearest == 0:
        yield (*path, "price"), "is nothing, so the ceiling would never be reached"
    for name, most in (("per_day", ceiling.per_day), ("whole", ceiling.whole)):
        if most is not None and most < dearest:
            minutes = LONGEST_CALL // timedelta(minutes=1)
            yield (
                (*path, "ceiling", name),
                f"{most} is less than one call of {minutes} minutes may cost, {dearest}; "
                "nobody would ever be called",
            )


def _check_retry(campaign: Campaign, path: Path) -> Found:
    texting = [cause for cause, rule in campaign.retry.items() if rule and rule.then is RetryBy.SMS]
    for cause in texting:
        where = (*path, "retry", cause.value, "then")
        if cause is RetryCause.MACHINE and (
            campaign.answering_machine_detection is MachineDetection.OFF
        ):
            yield (
                where,
                "sms follows nothing, as no machine is recognised while "
                "answering_machine_detection is off; sync or async would be right",
            )
        if campaign.ceiling is not None and campaign.price and not campaign.price.per_sms:
            yield (
                where,
                "sms costs nothing by the price, so the ceiling would not count it; give per_sms",
            )


def _check_window(window: Window, path: Path) -> Found:
    if not any(window.values()):
        yield path, 'allows no call at all; monday: [["09:00", "20:00"]] would be right'
    for day, spans in window.items():
        until = 0
        for place, (start, end) in enumerate(spans):
            where = (*path, day.value, place)
            if minutes_of(start) >= minutes_of(end):
                yield where, f"ends at {end}, which is not after {start}"
            if minutes_of(start) < until:
                yield where, f"begins at {start}, before the span ahead of it has ended"
            until = minutes_of(end)
