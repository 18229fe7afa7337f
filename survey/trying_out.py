"""Trying out: campaigns that disregard calling hours and throttle, where nobody can be woken."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from config.settings import Settings
from storage.house import house
from storage.tables import Campaign

REFUSED: Final = (
    "it disregards its calling hours, which is for trying out; the provider at TWILIO_API_BASE_URL "
    "rings real telephones: run 'flask organisations apply --calling-hours'"
)


def rings_nobody(settings: Settings) -> bool:
    """Whether the provider is a program on this machine, so that no real telephone can ring."""
    host = urlsplit(settings.twilio_api_base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def disregards_hours(campaign: Campaign) -> bool:
    """Whether the campaign may ring at any hour, and the same person again at once.

    What was applied while trying out counts no more once a real provider is there.
    """
    return campaign.rings_at_any_hour and rings_nobody(house().settings)
