"""The secrets of an installation on one machine, made once and kept beside its data."""

import base64
import os
import secrets
from pathlib import Path

from config.setting_rules import MASTER_KEY_BYTES
from config.setting_sources import SECRETS_FILE

_HEADER = """\
# Made by Genklang at the first start. Losing MASTER_KEY makes everything sealed unreadable,
# so keep a copy of it in a safe place that is not the backup of the databases.
# The account below belongs to the simulator and is ignored once TWILIO_ACCOUNT_SID is set.
"""


def ensure_secrets(data_dir: Path) -> Path:
    """The path of DATA_DIR/secrets.env, made with fresh secrets unless it is there already.

    An existing file is never touched. Two processes that start at once end with the same file.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = data_dir / SECRETS_FILE
    if target.exists():
        return target
    fresh = data_dir / f".{SECRETS_FILE}.{secrets.token_hex(8)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_HEADER)
            file.writelines(f"{name}={value}\n" for name, value in _fresh_values().items())
            file.flush()
            os.fsync(file.fileno())
        # A link fails when the name is taken, so the slower of two starters loses and reads.
        os.link(fresh, target)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return target


def _fresh_values() -> dict[str, str]:
    return {
        "MASTER_KEY": base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode(),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "SIMULATOR": "on",
    }
