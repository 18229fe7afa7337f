"""Where a host stands, as far as that can be known without asking anybody."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from config.host_names import own_ground
from config.named_places import named_place
from config.setting_rules import listed

EU: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
EEA: Final = EU | {"IS", "LI", "NO"}


class Ground(StrEnum):
    """What is known of a host's place."""

    OWN = "own"
    NAMED = "named"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host stands; `told` says it in a few words, `countries` is empty unless named."""

    ground: Ground
    told: str
    countries: tuple[str, ...] = ()


def place_of(host: str) -> Place:
    """The place of a spelled host."""
    named = named_place(host)
    if named is not None:
        return Place(Ground.NAMED, f"{named.told} ({', '.join(named.countries)})", named.countries)
    own = own_ground(host)
    if own is not None:
        return Place(Ground.OWN, own)
    return Place(Ground.UNKNOWN, "the name does not tell")


def allowed_regions(value: Any) -> frozenset[str]:
    """The countries that ALLOWED_REGIONS names, all of them in the EU/EEA."""
    if not isinstance(value, str):
        return frozenset(value)
    found: set[str] = set()
    for name in listed(value.upper()):
        if name in ("EEA", "EU/EEA", "EU"):
            found |= EU if name == "EU" else EEA
        elif name in EEA:
            found.add(name)
        else:
            raise ValueError(
                f"names {name[:20]!r}, which is no country of the EU/EEA; EEA, EU or SE,NO would "
                "be right. A single host elsewhere is allowed with HOSTS_ALLOWED and a reason"
            )
    if not found:
        raise ValueError("names no country; EEA, EU or SE,NO would be right")
    return frozenset(found)


AllowedRegions = Annotated[frozenset[str], BeforeValidator(allowed_regions)]
