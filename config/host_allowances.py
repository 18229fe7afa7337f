"""HOSTS_ALLOWED: hosts that may get data although their place is outside or unknown, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from config.host_names import UnreadableHostError, spelled

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Allowance:
    """Somebody's word that this host may get data, with the reason."""

    host: str
    reason: str


def hosts_allowed(value: Any) -> tuple[Allowance, ...]:
    """The hosts and reasons of a text such as `db.example.com=ours, in Oslo, mx.example.com=…`.

    A part without `=` belongs to the reason before it: reasons are prose and have commas.
    """
    if not isinstance(value, str):
        return tuple(value)
    pairs: list[tuple[str, str]] = []
    for part in value.split(","):
        host, sign, reason = part.partition("=")
        if sign:
            pairs.append((host, reason.strip()))
        elif pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}, {part.strip()}".strip(", "))
        elif part.strip():
            raise ValueError(
                "gives no reason for the first host; db.example.com=in Oslo, run by ourselves "
                "would be right"
            )
    found = [_allowance(place, *pair) for place, pair in enumerate(pairs, start=1)]
    if len({one.host for one in found}) < len(found):
        raise ValueError("names the same host twice; one reason for each is right")
    return tuple(found)


def written(allowances: Iterable[tuple[str, str]]) -> str:
    """Hosts and reasons as an operator would write them."""
    return f'HOSTS_ALLOWED="{", ".join(f"{host}={reason}" for host, reason in allowances)}"'


def _allowance(place: int, host: str, reason: str) -> Allowance:
    try:
        name = spelled(host)
    except UnreadableHostError:
        # Not shown: it may be a whole URL with its password.
        raise ValueError(
            f"entry {place} does not begin with the name of a host alone; "
            "db.example.com=in Oslo, run by ourselves would be right"
        ) from None
    if not reason:
        raise ValueError(f"gives no reason for {name}; write where it is and who says so")
    if "<" in reason or ">" in reason:
        raise ValueError(f"has the reason for {name} still to be filled in between < and >")
    if len(reason) > _LONGEST_REASON or not reason.isprintable() or '"' in reason:
        raise ValueError(
            f"has a reason for {name} that is no line of at most {_LONGEST_REASON} characters "
            "without quotation marks"
        )
    return Allowance(name, reason)


HostsAllowed = Annotated[tuple[Allowance, ...], BeforeValidator(hosts_allowed)]
