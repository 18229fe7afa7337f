"""On what ground a machine may call in each country: the law on automatic calls differs in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from config.campaign_rules import CallsAllowedBy, Campaign, Purpose
from config.marked_yaml import Path


@dataclass(frozen=True, slots=True)
class Ground:
    """What lets a machine call people of one country, who decided that, and when."""

    by: CallsAllowedBy
    decided_by: str | None
    decided_on: date | None


def ground_in(campaign: Campaign, country: str | None) -> Ground | None:
    """The ground for numbers of that country; None where nobody has decided one."""
    if campaign.automatic_calls is None:
        decided = campaign.classification
        return Ground(decided.calls_allowed_by, decided.decided_by, decided.decided_on)
    found = None if country is None else campaign.automatic_calls.get(country)
    return None if found is None else Ground(found.by, found.decided_by, found.decided_on)


def grounds_of(campaign: Campaign) -> tuple[Ground, ...]:
    """Every ground that the campaign has, of whatever country."""
    named = campaign.automatic_calls
    found = [ground_in(campaign, country) for country in (None,) if named is None]
    found += [ground_in(campaign, country) for country in named or ()]
    return tuple(one for one in found if one is not None)


def check_grounds(
    campaign: Campaign, path: Path, *, countries: tuple[str, ...]
) -> Iterator[tuple[Path, str]]:
    """What is wrong with the grounds by country; `countries` are those that may be contacted."""
    named = campaign.automatic_calls
    if named is None:
        return
    where: Path = (*path, "automatic_calls")
    missing = [country for country in countries if country not in named]
    if missing:
        yield (
            where,
            f"names no ground for {', '.join(missing)}, so nobody would be called there; add "
            "{by: consent}, or take the country out of allowed_countries",
        )
    for country, one in named.items():
        if country not in countries:
            yield (*where, country), "is none of allowed_countries; leave it out"
        if one.by is not CallsAllowedBy.NOT_MARKETING:
            continue
        if campaign.classification.purpose is Purpose.MARKETING:
            yield (
                (*where, country, "by"),
                "not_marketing contradicts the purpose marketing; a machine may place marketing "
                "calls only with consent, handed_over or called_in",
            )
        if one.decided_by is None or one.decided_on is None:
            yield (
                (*where, country),
                "needs decided_by and decided_on: somebody signs that it is not marketing there",
            )
