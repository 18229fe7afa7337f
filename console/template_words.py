"""The few functions that every page of the console may use."""

import hashlib
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, g, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from console import dates, waves
from console.headers import nonce
from console.menu import AT_THE_THUMB, rooms_of
from storage.house import utc_now

_STATIC = Path(__file__).with_name("static")


def teach(bp: Blueprint) -> None:
    """Make the functions known to the templates of the console, and to no others."""
    bp.context_processor(_words)


def _words() -> dict[str, Any]:
    visitor = g.get("visitor")
    return {
        "nonce": nonce,
        "csrf_token": generate_csrf,
        "static": static,
        "moment": moment,
        "length": dates.length,
        "spoken_length": dates.spoken_length,
        "language_name": dates.language_name,
        "wave_box": f"0 0 {waves.BARS * waves.STEP} {waves.HEIGHT}",
        "visitor": visitor,
        "rooms": rooms_of(visitor.role if visitor else None),
        "at_the_thumb": AT_THE_THUMB,
    }


def static(name: str) -> str:
    """The address of one of the console's own files; it changes whenever the file does."""
    return url_for("console.static", filename=name, v=_fingerprint(name))


def moment(at: datetime, zone: tzinfo) -> Markup:
    """A time element: short to read, whole on pointing at it, exact for machines.

    For somebody who sees organisations of several zones it names the zone.
    """
    locale = dates.reader_locale()
    visitor = g.get("visitor")
    several = visitor is not None and visitor.zone is UTC
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.astimezone(zone).isoformat(timespec="seconds"),
        dates.full_moment(at, zone, locale=locale),
        dates.moment(at, zone, now=utc_now(), locale=locale, names_zone=several),
    )


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
