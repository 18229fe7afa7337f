"""The settings of one installation, read once at start-up and never changed after.

They come from the environment, then `.env`, then `DATA_DIR/secrets.env`; the first that names a
setting wins. `docs/configuration.md` tells an operator the same in prose.
"""

import base64
import os
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import setting_rules as rules
from config.host_allowances import HostsAllowed
from config.host_check import refusals
from config.periods import parse_duration
from config.providers import TRAITS, ProviderProfile, ProviderTraits
from config.regions import EEA, AllowedRegions
from config.setting_agreement import agree
from config.setting_defaults import Switch, with_defaults
from config.setting_sources import SettingsError, gather, sentences

__all__ = ["LogLevel", "Settings", "SettingsError", "Switch", "load_settings"]

PROJECT = Path(__file__).resolve().parent.parent


class LogLevel(StrEnum):
    """From which weight on something is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """Every setting, checked. Addresses that may hold passwords never show in a representation."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(
        default=Path("var"),
        description="Folder of all the embedded default keeps: databases, recordings, keys.",
    )
    database_url: str = Field(
        repr=False,
        description="Main database; SQLite in DATA_DIR unless a PostgreSQL URL is given.",
    )
    keyring_url: str = Field(
        repr=False,
        description="Database of the data keys, apart from the main one and backed up apart.",
    )
    ledger_url: str = Field(
        repr=False,
        description="Database of the deletion receipts, apart from both and never restored "
        "together with them.",
    )
    backups_kept: timedelta = Field(
        default=timedelta(days=90),
        description="How long a backup of the main database or the recordings may be restored.",
    )
    keyring_backups_dir: Path | None = Field(
        default=None, description="Folder for the keyring's daily backups; none if unset."
    )
    keyring_backups_kept: timedelta = Field(
        default=timedelta(days=7), description="How long those are kept before they are removed."
    )
    redis_url: str = Field(
        repr=False,
        description="Redis server of the job queues; a socket in DATA_DIR unless given.",
    )
    redis_server_bin: Path | None = Field(
        default=None,
        description="Redis or Valkey program for the embedded default; the packaged one if unset.",
    )
    recordings_url: str = Field(
        repr=False,
        description="Where sealed recordings lie: file:///folder or s3://bucket/prefix.",
    )
    master_key: SecretStr = Field(
        description="Base64 of 32 bytes that wraps every data key; during rotation a comma "
        "separated list, of which the first seals and all open.",
    )
    secret_key: SecretStr = Field(
        description="Signs cookies, forms and links; at least 16 characters."
    )
    public_base_url: str = Field(
        description="Address at which the provider and customers reach this service.",
    )
    fallback_base_url: str | None = Field(
        default=None,
        description="Address of the separate process that speaks an apology when this one fails.",
    )
    port: int = Field(default=8000, description="TCP port the web process listens on.")
    config_dir: Path = Field(
        default=PROJECT / "config", description="Folder with organisations/, surveys/ and prompts/."
    )
    vosk_models_dir: Path = Field(
        default=PROJECT / "models",
        description="Folder with one speech model per language, named by its tag.",
    )
    provider_profile: ProviderProfile = Field(
        default=ProviderProfile.TWILIO,
        description="Telephone provider: twilio, somleng or signalwire.",
    )
    provider_timeout_seconds: float = Field(
        default=10.0,
        description="How long one request to the provider may take, in seconds.",
    )
    twilio_account_sid: str = Field(description="Account at the telephone provider.")
    twilio_auth_token: SecretStr = Field(
        description="Token of that account; during rotation a comma separated list, of which the "
        "first is used and all are accepted on webhooks.",
    )
    twilio_api_key_sid: str | None = Field(
        default=None,
        description="API key used instead of the token for requests to the provider.",
    )
    twilio_api_key_secret: SecretStr | None = Field(
        default=None, description="Secret of that API key."
    )
    signing_key: SecretStr | None = Field(
        default=None,
        description="Key that signs SignalWire's webhooks; the token signs them if unset.",
    )
    twilio_api_base_url: str = Field(
        description="Address of the provider's REST interface; Twilio's own, or with the simulator "
        "the port after PORT, unless given.",
    )
    twilio_region: str | None = Field(
        default=None, description="Twilio region such as ie1; needs TWILIO_EDGE."
    )
    twilio_edge: str | None = Field(
        default=None, description="Twilio edge such as dublin; needs TWILIO_REGION."
    )
    simulator: Switch = Field(
        default=Switch.OFF,
        description="Whether the simulator is the telephone network: on or off.",
    )
    allowed_numbers: tuple[str, ...] = Field(
        default=(),
        repr=False,
        description="The only numbers that may be called or texted, comma separated; all if empty.",
    )
    mail_url: str | None = Field(
        default=None,
        repr=False,
        description="Mail server: smtp://user:password@host:587 or smtps://…; if unset none, or "
        "with the simulator the second port after PORT.",
    )
    mail_from: str = Field(
        default="Genklang <genklang@localhost>", description="Sender of every mail."
    )
    witness_email: str | None = Field(
        default=None, repr=False, description="Who is mailed the head of the house's own receipts."
    )
    allowed_regions: AllowedRegions = Field(
        default=EEA,
        description="Where hosts that get data may stand: EEA, EU or countries such as SE,NO.",
    )
    hosts_allowed: HostsAllowed = Field(
        default=(),
        description="Hosts that may get data although they stand elsewhere or nobody can tell: "
        "HOST=REASON, comma separated.",
    )
    log_level: LogLevel = Field(
        default=LogLevel.INFO, description="From which weight on to log: debug to error."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands over: it alone knows the order of the sources."""
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: dict[str, Any]) -> dict[str, Any]:
        return with_defaults(given)

    @field_validator("master_key", "secret_key", "twilio_auth_token", mode="after")
    @classmethod
    def _secrets(cls, value: SecretStr, info: Any) -> SecretStr:
        check = {
            "master_key": rules.master_key,
            "secret_key": rules.secret_key,
            "twilio_auth_token": rules.secret_list,
        }[info.field_name]
        return SecretStr(check(value.get_secret_value()))

    _place = field_validator("twilio_region", "twilio_edge")(rules.provider_place)
    _database = field_validator("database_url", "keyring_url", "ledger_url")(rules.database)
    _redis = field_validator("redis_url")(rules.redis)
    _recordings = field_validator("recordings_url")(rules.recordings)
    _account = field_validator("twilio_account_sid")(rules.account)

    @field_validator("public_base_url", "twilio_api_base_url", "fallback_base_url")
    @classmethod
    def _addresses(cls, value: str | None) -> str | None:
        return None if value is None else rules.web_address(value)

    _mail = field_validator("mail_url")(rules.mail)
    _mail_from = field_validator("mail_from")(rules.mail_sender)
    _witness = field_validator("witness_email")(rules.mail_reader)

    @field_validator("allowed_numbers", mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> tuple[str, ...]:
        return rules.allowed_numbers(value if isinstance(value, str) else ",".join(value))

    @field_validator("backups_kept", "keyring_backups_kept", mode="before")
    @classmethod
    def _spans(cls, value: Any) -> timedelta:
        return value if isinstance(value, timedelta) else parse_duration(value)

    @field_validator("port", mode="before")
    @classmethod
    def _port(cls, value: Any) -> int:
        if not rules.is_port(str(value)):
            raise ValueError(f"{str(value)[:20]!r} is not a port; 1 to 65532 would be right")
        return int(value)

    @field_validator("provider_timeout_seconds", mode="before")
    @classmethod
    def _timeout(cls, value: Any) -> float:
        try:
            seconds = float(value)
        except (TypeError, ValueError):
            seconds = 0.0
        if not 0 < seconds <= 60:
            raise ValueError(f"{str(value)[:20]!r} is not a time; 1 to 60 seconds would be right")
        return seconds

    @model_validator(mode="after")
    def _together(self) -> Self:
        agree(self)
        return self

    @property
    def master_keys(self) -> tuple[bytes, ...]:
        """The master keys as bytes; the first seals, all of them open."""
        keys = rules.listed(self.master_key.get_secret_value())
        return tuple(base64.b64decode(key) for key in keys)

    @property
    def auth_tokens(self) -> tuple[str, ...]:
        """The account's tokens; the first is ours to use, all are accepted on webhooks."""
        return rules.listed(self.twilio_auth_token.get_secret_value())

    @property
    def webhook_keys(self) -> tuple[str, ...]:
        """The keys a webhook may be signed with."""
        if self.provider_profile is ProviderProfile.SIGNALWIRE and self.signing_key is not None:
            return rules.listed(self.signing_key.get_secret_value())
        return self.auth_tokens

    @property
    def traits(self) -> ProviderTraits:
        """How the chosen provider differs from the others."""
        return TRAITS[self.provider_profile]

    @property
    def embedded_redis(self) -> bool:
        """Whether the Redis server is the packaged one in DATA_DIR."""
        return self.redis_url == f"unix://{self.data_dir}/redis.sock"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; raises SettingsError naming every variable that is wrong.

    Also raised for a host that may not get data: this is the one door to settings, so that no
    process can forget the check. A given `environ` is the whole environment: `.env` is then not
    read, `DATA_DIR/secrets.env` is.
    """
    given = os.environ if environ is None else environ
    values = gather(given, dotenv=Path(".env") if environ is None else None)
    fields = {name.upper(): name for name in Settings.model_fields}
    known: dict[str, Any] = {fields[name]: text for name, text in values.items() if name in fields}
    try:
        settings = Settings(**known)
    except ValidationError as error:
        descriptions = {
            name: field.description or "" for name, field in Settings.model_fields.items()
        }
        raise SettingsError(sentences(error, descriptions=descriptions)) from None
    if strangers := refusals(settings, given):
        raise SettingsError(strangers)
    return settings
