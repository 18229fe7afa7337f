"""What a host's own name tells of its place, for owners who write the place into it.

An ending such as .se tells who registered a name and nothing of where its machine stands, so it is
no ground for anything. What is not here is unknown, which is the safe side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """Whose host it is and in which countries its data is, as told by the name."""

    told: str
    countries: tuple[str, ...]


# London and Zurich are called eu- and lie outside the EU/EEA.
_AMAZON: Final[Mapping[str, str]] = {
    "eu-north-1": "SE", "eu-central-1": "DE", "eu-west-1": "IE", "eu-west-3": "FR",
    "eu-south-1": "IT", "eu-south-2": "ES", "eusc-de-east-1": "DE",
    "eu-west-2": "GB", "eu-central-2": "CH",
    "us-east-1": "US", "us-east-2": "US", "us-west-1": "US", "us-west-2": "US",
    "us-gov-east-1": "US", "us-gov-west-1": "US",
    "ca-central-1": "CA", "ca-west-1": "CA", "mx-central-1": "MX", "sa-east-1": "BR",
    "af-south-1": "ZA", "il-central-1": "IL", "me-south-1": "BH", "me-central-1": "AE",
    "ap-south-1": "IN", "ap-south-2": "IN", "ap-east-1": "HK", "ap-east-2": "TW",
    "ap-northeast-1": "JP", "ap-northeast-2": "KR", "ap-northeast-3": "JP",
    "ap-southeast-1": "SG", "ap-southeast-2": "AU", "ap-southeast-3": "ID",
    "ap-southeast-4": "AU", "ap-southeast-5": "MY", "ap-southeast-6": "NZ",
    "ap-southeast-7": "TH",
    "cn-north-1": "CN", "cn-northwest-1": "CN",
}  # fmt: skip
_AMAZON_ENDINGS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")
# After these the region stands one label further to the left.
_AMAZON_SERVICES: Final = frozenset({"rds", "elb", "cache", "vpce", "compute"})
_TWILIO_REGIONS: Final = {"us1": "US", "ie1": "IE", "au1": "AU"}
_TWILIO_EDGES: Final = {
    "ashburn": "US", "umatilla": "US", "dublin": "IE", "frankfurt": "DE", "sao-paulo": "BR",
    "singapore": "SG", "sydney": "AU", "tokyo": "JP",
}  # fmt: skip
# Names of edges that were once taken for regions; what they were sent went to us1.
_TWILIO_OLD: Final = frozenset({"ie1", "au1", "br1", "de1", "jp1", "sg1", "us2"})
_OTHERS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    ".scw.cloud": ("Scaleway", {"fr-par": "FR", "nl-ams": "NL", "pl-waw": "PL"}),
    ".your-objectstorage.com": ("Hetzner", {"fsn1": "DE", "nbg1": "DE", "hel1": "FI"}),
}


def named_place(host: str) -> NamedPlace | None:
    """The place a spelled host names, or None when its name tells none."""
    if host.endswith(".twilio.com"):
        return _twilio(host.removesuffix(".twilio.com").split("."))
    if host.endswith((".compute.internal", ".ec2.internal")):
        return _amazon_machine(host.split("."))
    for ending in _AMAZON_ENDINGS:
        if host.endswith(ending):
            return _amazon(host.removesuffix(ending).split("."))
    for ending, (owner, countries) in _OTHERS.items():
        # The last label is the owner's; those before it may be a customer's, such as a bucket.
        label = host.removesuffix(ending).rpartition(".")[2]
        if host.endswith(ending) and label in countries:
            return NamedPlace(f"{owner}'s {label}", (countries[label],))
    return None


def _amazon(labels: list[str]) -> NamedPlace | None:
    region = labels[-2] if len(labels) > 1 and labels[-1] in _AMAZON_SERVICES else labels[-1]
    region = region.removeprefix("s3-")
    if labels[-1] == "cache":
        region = next((name for name in _AMAZON if _short(name) == region), region)
    if region not in _AMAZON:
        return None
    return NamedPlace(f"Amazon's region {region}", (_AMAZON[region],))


def _amazon_machine(labels: list[str]) -> NamedPlace | None:
    # Machines of the oldest region alone are called NAME.ec2.internal.
    return _amazon(["us-east-1"] if labels[-2] == "ec2" else labels[:-2])


def _short(region: str) -> str:
    """As caches are named: eun1 for eu-north-1."""
    return "".join(part if part.isdigit() or len(part) == 2 else part[0] for part in
                   region.split("-"))  # fmt: skip


def _twilio(labels: list[str]) -> NamedPlace | None:
    match labels:
        case [_] | [_, "us1"]:
            return NamedPlace("Twilio's region us1", ("US",))
        case [_, old] if old in _TWILIO_OLD:
            return NamedPlace(f"Twilio's old name {old} for us1, switched off in 2026", ("US",))
        case [_, edge, region] if edge in _TWILIO_EDGES and region in _TWILIO_REGIONS:
            # Data is kept in the region, and read at the edge where it enters.
            where = dict.fromkeys((_TWILIO_REGIONS[region], _TWILIO_EDGES[edge]))
            return NamedPlace(f"Twilio's region {region} by the edge {edge}", tuple(where))
    return None
