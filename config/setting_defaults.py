"""What a setting is when nobody sets it: one machine, everything under DATA_DIR."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from config.setting_rules import is_port

PROVIDER_API: Final = "https://api.twilio.com"
DEFAULT_PORT: Final = 8000


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given settings and, for each that depends on another one, its default."""
    values = dict(given)
    folder = Path(values.get("data_dir") or "var").expanduser().resolve()
    values["data_dir"] = folder
    values.setdefault("database_url", f"sqlite:///{folder}/genklang.db")
    values.setdefault("keyring_url", f"sqlite:///{folder}/keyring/keyring.db")
    values.setdefault("ledger_url", f"sqlite:///{folder}/ledger.db")
    values.setdefault("redis_url", f"unix://{folder}/redis.sock")
    values.setdefault("recordings_url", (folder / "recordings").as_uri())
    given_port = str(values.get("port", ""))
    # A port that is none is reported as such, and must not make addresses wrong as well.
    port = int(given_port) if is_port(given_port) else DEFAULT_PORT
    values.setdefault("public_base_url", f"http://127.0.0.1:{port}")
    region, edge = values.get("twilio_region"), values.get("twilio_edge")
    own = f"https://api.{edge}.{region}.twilio.com" if region and edge else PROVIDER_API
    if values.get("simulator") == Switch.ON:
        # As embedded/plan.py lays them out: simulator, fallback documents, mail catcher.
        own = f"http://127.0.0.1:{port + 1}"
        values.setdefault("mail_url", f"smtp://127.0.0.1:{port + 3}")
    values.setdefault("twilio_api_base_url", own)
    return values
