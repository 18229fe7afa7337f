"""What settings must be together: each may be right alone and wrong beside another one."""

from typing import TYPE_CHECKING

from config.setting_defaults import Switch

if TYPE_CHECKING:
    from config.settings import Settings


def agree(settings: "Settings") -> None:
    """Return quietly when no setting contradicts another; raises ValueError otherwise."""
    _pairs(settings)
    _databases(settings)
    _network(settings)


def _pairs(settings: "Settings") -> None:
    if (settings.twilio_region is None) != (settings.twilio_edge is None):
        raise ValueError(
            "TWILIO_REGION and TWILIO_EDGE go together; set both (ie1 and dublin) or neither"
        )
    if (settings.twilio_api_key_sid is None) != (settings.twilio_api_key_secret is None):
        raise ValueError(
            "TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET go together; set both or neither"
        )
    if settings.witness_email is not None and settings.mail_url is None:
        raise ValueError("WITNESS_EMAIL is mailed to nobody without MAIL_URL; set that too")


def _databases(settings: "Settings") -> None:
    if settings.database_url == settings.keyring_url:
        raise ValueError(
            "KEYRING_URL is the same database as DATABASE_URL; keys kept beside what they "
            "open protect nothing, so give the keyring a database of its own"
        )
    for name in ("database_url", "keyring_url"):
        if settings.ledger_url == getattr(settings, name):
            raise ValueError(
                f"LEDGER_URL is the same database as {name.upper()}; a ledger that is restored "
                "together with what was deleted remembers nothing, so give it one of its own"
            )


def _network(settings: "Settings") -> None:
    real = settings.twilio_api_base_url.endswith(".twilio.com")
    if real and settings.simulator is Switch.ON:
        raise ValueError(
            "SIMULATOR is on but TWILIO_API_BASE_URL is the real provider; set it to the "
            "simulator's address, or SIMULATOR=off"
        )
    for name in ("public_base_url", "fallback_base_url"):
        if real and str(getattr(settings, name)).startswith("http://"):
            raise ValueError(
                f"{name.upper()} must begin with https:// when the real provider calls it; "
                "https://calls.example.org would be right"
            )
