"""The check at start-up: nothing leaves the EU/EEA unless somebody says so, with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from config.host_allowances import written
from config.host_names import UnreadableHostError
from config.hosts import Destination, destinations, own_name
from config.regions import EEA, Ground, place_of

if TYPE_CHECKING:
    from config.settings import Settings

# What usually leads there unintended, and what leads elsewhere.
_WAYS_OUT: Final = {
    (
        "TWILIO_API_BASE_URL",
        ".twilio.com",
    ): "TWILIO_REGION=ie1 with TWILIO_EDGE=dublin keeps calls in Ireland.",
    (
        "RECORDINGS_URL",
        ".amazonaws.com",
    ): "AWS_REGION in the environment of the process names the bucket's region.",
}


class Verdict(StrEnum):
    """Whether something may get data, and on what ground."""

    OWN = "own ground"
    WITHIN = "within the allowed regions"
    ALLOWED = "allowed with a reason"
    STRANGER = "not allowed"


@dataclass(frozen=True, slots=True)
class HostOnRecord:
    """A destination with its verdict; `where` says in words what is known, or the reason given."""

    setting: str
    host: str | None
    gets: str
    verdict: Verdict
    where: str

    @property
    def declared(self) -> bool:
        """Whether it is somebody's word that lets it get data, and nothing that can be seen."""
        return self.verdict is Verdict.ALLOWED


def hosts_on_record(settings: "Settings", environ: Mapping[str, str]) -> tuple[HostOnRecord, ...]:
    """Everything that gets data, where it is and why it may; raises UnreadableHostError."""
    ours = own_name(settings)
    return tuple(_judged(one, settings, ours=ours) for one in destinations(settings, environ))


def unused_allowances(settings: "Settings", hosts: tuple[HostOnRecord, ...]) -> tuple[str, ...]:
    """Hosts that are allowed although nothing is sent there, or they needed no allowance."""
    used = {one.host for one in hosts if one.verdict is Verdict.ALLOWED}
    return tuple(one.host for one in settings.hosts_allowed if one.host not in used)


def refusals(settings: "Settings", environ: Mapping[str, str]) -> list[str]:
    """A sentence for each host that may not get data, the last saying what would allow them."""
    try:
        hosts = hosts_on_record(settings, environ)
    except UnreadableHostError as error:
        return [str(error)]
    strangers: dict[str, list[HostOnRecord]] = {}
    for one in hosts:
        if one.host is not None and one.verdict is Verdict.STRANGER:
            strangers.setdefault(one.host, []).append(one)
    if not strangers:
        return []
    sentences = [_sentence(host, ones, settings) for host, ones in strangers.items()]
    sentences[-1] += f" To allow that, give the reason: {_permission(strangers, settings)}"
    return sentences


def _judged(one: Destination, settings: "Settings", *, ours: str) -> HostOnRecord:
    if one.host is None:
        told = "this machine, a file or a socket"
        return HostOnRecord(one.setting, None, one.gets, Verdict.OWN, told)
    place = place_of(one.host)
    reason = next((a.reason for a in settings.hosts_allowed if a.host == one.host), None)
    verdict, where = Verdict.STRANGER, place.told
    if place.ground is Ground.OWN:
        verdict = Verdict.OWN
    elif place.ground is Ground.NAMED and settings.allowed_regions.issuperset(place.countries):
        verdict = Verdict.WITHIN
    elif reason is not None:
        verdict, where = Verdict.ALLOWED, reason
    elif one.host == ours and place.ground is Ground.UNKNOWN:
        # What stands before the service under its own name is the operator's to know.
        verdict, where = Verdict.OWN, "this service itself, by its own name"
    return HostOnRecord(one.setting, one.host, one.gets, verdict, where)


def _sentence(host: str, ones: list[HostOnRecord], settings: "Settings") -> str:
    names = " and ".join(dict.fromkeys(one.setting for one in ones))
    verb = "send" if " and " in names else "sends"
    regions = _regions(settings)
    if place_of(host).ground is Ground.UNKNOWN:
        return f"{names} {verb} data to {host}, whose name does not tell if it is in {regions}."
    outside = f"{names} {verb} data to {host}, which is {ones[0].where} and not in {regions}."
    ways = [
        way
        for (setting, ending), way in _WAYS_OUT.items()
        if host.endswith(ending) and setting in names
    ]
    return " ".join([outside, *ways])


def _permission(strangers: Mapping[str, object], settings: "Settings") -> str:
    given = [(one.host, one.reason) for one in settings.hosts_allowed]
    asked = [
        (
            host,
            "<where it is and who says so>"
            if place_of(host).ground is Ground.UNKNOWN
            else "<why it may go there>",
        )
        for host in strangers
    ]
    return written([*given, *asked])


def _regions(settings: "Settings") -> str:
    if settings.allowed_regions == EEA:
        return "the EU/EEA"
    return f"the allowed regions ({', '.join(sorted(settings.allowed_regions))})"
