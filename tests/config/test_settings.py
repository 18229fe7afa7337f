"""Settings: where they come from, what is refused and in which words."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from config.keys import ensure_secrets
from config.providers import ProviderProfile
from config.settings import LogLevel, Settings, SettingsError, Switch, load_settings

KEY = base64.b64encode(b"k" * 32).decode()
OTHER_KEY = base64.b64encode(b"o" * 32).decode()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(tmp_path),
        "MASTER_KEY": KEY,
        "SECRET_KEY": "s" * 32,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "t" * 32,
        "PUBLIC_BASE_URL": "https://calls.example.org",
        "HOSTS_ALLOWED": "api.twilio.com=an account of the tests",
    }


def refusals(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_everything_of_the_embedded_default_lies_in_the_data_folder(
    environ: dict[str, str], tmp_path: Path
) -> None:
    settings = load_settings(environ)

    assert settings.database_url == f"sqlite:///{tmp_path}/genklang.db"
    assert settings.keyring_url == f"sqlite:///{tmp_path}/keyring/keyring.db"
    assert settings.ledger_url == f"sqlite:///{tmp_path}/ledger.db"
    assert settings.redis_url == f"unix://{tmp_path}/redis.sock"
    assert settings.recordings_url == f"file://{tmp_path}/recordings"
    assert settings.embedded_redis
    assert settings.port == 8000
    assert settings.log_level is LogLevel.INFO


def test_without_its_four_secrets_nothing_starts_and_each_is_named(tmp_path: Path) -> None:
    problems = refusals({"DATA_DIR": str(tmp_path)})

    assert [problem.split()[0] for problem in problems] == [
        "MASTER_KEY",
        "SECRET_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
    ]
    assert problems[1] == (
        "SECRET_KEY is not set. Signs cookies, forms and links; at least 16 characters."
    )


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MASTER_KEY", "hush!", "MASTER_KEY is not base64; make one with: openssl rand -base64 32"),
        (
            "MASTER_KEY",
            "aHVzaA==",
            "MASTER_KEY holds 4 bytes and must hold 32; make one with: openssl rand -base64 32",
        ),
        (
            "MASTER_KEY",
            f"{KEY},hush",
            "MASTER_KEY key 2 of 2 holds 3 bytes and must hold 32; make one with: "
            "openssl rand -base64 32",
        ),
        (
            "MASTER_KEY",
            f"{KEY},{KEY}",
            "MASTER_KEY names the same key twice; each key of the list must differ",
        ),
        (
            "SECRET_KEY",
            "hush",
            "SECRET_KEY is shorter than 16 characters; make one with: openssl rand -base64 48",
        ),
        (
            "TWILIO_AUTH_TOKEN",
            "hush hush",
            "TWILIO_AUTH_TOKEN holds a blank inside a token; several tokens are separated by "
            "commas",
        ),
        (
            "TWILIO_ACCOUNT_SID",
            "A C",
            "TWILIO_ACCOUNT_SID is not an account identifier; it is one word of at most 128 "
            "characters, such as AC followed by 32 hexadecimal digits",
        ),
        (
            "DATABASE_URL",
            "mysql://root:hush@db/x",
            "DATABASE_URL is not a database we can open; sqlite:////var/lib/genklang/genklang.db "
            "or postgresql://user:password@host/database would be right",
        ),
        (
            "KEYRING_URL",
            "sqlite:///",
            "KEYRING_URL is not a database we can open; sqlite:////var/lib/genklang/genklang.db "
            "or postgresql://user:password@host/database would be right",
        ),
        (
            "REDIS_URL",
            "localhost:6379",
            "REDIS_URL is not a Redis URL; redis://host:6379/0 or unix:///path/to.sock is right",
        ),
        (
            "RECORDINGS_URL",
            "recordings",
            "RECORDINGS_URL is not a place for recordings; file:///absolute/folder or "
            "s3://bucket/prefix is right",
        ),
        (
            "PUBLIC_BASE_URL",
            "calls.example.org",
            "PUBLIC_BASE_URL is not a web address; https://calls.example.org would be right",
        ),
        (
            "PUBLIC_BASE_URL",
            "https://calls.example.org:http",
            "PUBLIC_BASE_URL is not a URL: its host or port cannot be read",
        ),
        (
            "PUBLIC_BASE_URL",
            "https://calls.example.org/?a=b",
            "PUBLIC_BASE_URL holds more than an address; https://calls.example.org would be right",
        ),
        (
            "PUBLIC_BASE_URL",
            "http://calls.example.org",
            "PUBLIC_BASE_URL must begin with https:// when the real provider calls it; "
            "https://calls.example.org would be right",
        ),
        (
            "FALLBACK_BASE_URL",
            "http://calls.example.org",
            "FALLBACK_BASE_URL must begin with https:// when the real provider calls it; "
            "https://calls.example.org would be right",
        ),
        (
            "MAIL_URL",
            "mailto:hush",
            "MAIL_URL is not a mail server; smtp://user:password@host:587 or "
            "smtps://user:password@host:465 would be right",
        ),
        (
            "MAIL_FROM",
            "Genklang",
            "MAIL_FROM is not a mail sender; Genklang <feedback@example.org> would be right",
        ),
        (
            "WITNESS_EMAIL",
            "a@example.org, b@example.org",
            "WITNESS_EMAIL is not one mail address; auditor@example.org would be right",
        ),
        ("SIMULATOR", "yes", "SIMULATOR must be 'on' or 'off'"),
        (
            "SIMULATOR",
            "on",
            "SIMULATOR is on but TWILIO_API_BASE_URL is the real provider; set it to the "
            "simulator's address, or SIMULATOR=off",
        ),
        ("PORT", "0", "PORT '0' is not a port; 1 to 65532 would be right"),
        ("PORT", "²", "PORT '²' is not a port; 1 to 65532 would be right"),
        (
            "PROVIDER_TIMEOUT_SECONDS",
            "nan",
            "PROVIDER_TIMEOUT_SECONDS 'nan' is not a time; 1 to 60 seconds would be right",
        ),
        (
            "PROVIDER_PROFILE",
            "telnyx",
            "PROVIDER_PROFILE must be 'twilio', 'somleng' or 'signalwire'",
        ),
        (
            "ALLOWED_NUMBERS",
            "+46701740605,0701740606",
            "ALLOWED_NUMBERS number 2 of the list is not in international form; "
            "+46701740605 would be right",
        ),
        ("LOG_LEVEL", "chatty", "LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'"),
        (
            "TWILIO_REGION",
            "ie1",
            "TWILIO_REGION and TWILIO_EDGE go together; set both (ie1 and dublin) or neither",
        ),
        (
            "TWILIO_API_KEY_SID",
            "SK1",
            "TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET go together; set both or neither",
        ),
        (
            "WITNESS_EMAIL",
            "auditor@example.org",
            "WITNESS_EMAIL is mailed to nobody without MAIL_URL; set that too",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right_and_never_shown_when_secret(
    environ: dict[str, str], name: str, value: str, problem: str
) -> None:
    if (name, value) == ("SIMULATOR", "on"):
        environ["TWILIO_API_BASE_URL"] = "https://api.twilio.com"

    problems = refusals(environ | {name: value})

    assert problems == [problem]
    assert "hush" not in problems[0]


def test_a_socket_path_too_long_for_the_system_is_refused_before_anything_starts(
    environ: dict[str, str],
) -> None:
    problems = refusals(environ | {"DATA_DIR": "/tmp/" + "d" * 100})

    assert problems == [
        "REDIS_URL names a socket whose path has 116 bytes, and the system allows 107; "
        "choose a shorter DATA_DIR or set REDIS_URL"
    ]


def test_the_keyring_must_not_lie_in_the_main_database(environ: dict[str, str]) -> None:
    url = "postgresql://u:hush@db/genklang"

    problems = refusals(environ | {"DATABASE_URL": url, "KEYRING_URL": url})

    assert problems == [
        "KEYRING_URL is the same database as DATABASE_URL; keys kept beside what they open "
        "protect nothing, so give the keyring a database of its own"
    ]


@pytest.mark.parametrize("name", ["DATABASE_URL", "KEYRING_URL"])
def test_the_ledger_must_not_lie_where_it_would_be_restored_too(
    environ: dict[str, str], name: str
) -> None:
    url = "postgresql://u:hush@db/genklang"

    problems = refusals(environ | {name: url, "LEDGER_URL": url})

    assert problems == [
        f"LEDGER_URL is the same database as {name}; a ledger that is restored together with what "
        "was deleted remembers nothing, so give it one of its own"
    ]


def test_how_long_backups_are_kept_is_a_time_span(environ: dict[str, str]) -> None:
    assert load_settings(environ).backups_kept == timedelta(days=90)
    assert load_settings(environ | {"BACKUPS_KEPT": "14 days"}).backups_kept == timedelta(days=14)
    assert refusals(environ | {"BACKUPS_KEPT": "long"}) == [
        'BACKUPS_KEPT \'long\' is not a time span; "15 minutes", "2 hours" or "7 days" is right'
    ]


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_secrets_file(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=8100\nMAIL_FROM=dotenv@example.org\nLOG_LEVEL=\n")
    (tmp_path / "secrets.env").write_text(
        "PORT=8200\nMAIL_FROM=kept@example.org\nLOG_LEVEL=error\n"
    )
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in (environ | {"PORT": "8300"}).items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert settings.port == 8300
    assert settings.mail_from == "dotenv@example.org"
    assert settings.log_level is LogLevel.ERROR


def test_a_given_environment_leaves_dotenv_unread(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=8100\n")

    assert load_settings(environ).port == 8000


def test_a_dotenv_that_is_no_text_is_refused_by_name(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "secrets.env").write_bytes(b"\xff\xfe\x00")

    assert refusals(environ) == [
        f"{tmp_path}/secrets.env cannot be read (UnicodeDecodeError); it holds lines such as "
        "NAME=value"
    ]


def test_fresh_secrets_start_the_simulator_and_its_neighbours(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)

    settings = load_settings({"DATA_DIR": str(tmp_path), "PORT": "9000"})

    assert settings.simulator is Switch.ON
    assert settings.public_base_url == "http://127.0.0.1:9000"
    assert settings.twilio_api_base_url == "http://127.0.0.1:9001"
    assert settings.mail_url == "smtp://127.0.0.1:9003"


def test_a_real_account_never_meets_the_simulators_token(tmp_path: Path) -> None:
    ensure_secrets(tmp_path)
    real = {
        "DATA_DIR": str(tmp_path),
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "PUBLIC_BASE_URL": "https://calls.example.org",
        "HOSTS_ALLOWED": "api.twilio.com=an account of the tests",
    }

    assert [problem.split()[0] for problem in refusals(real)] == ["TWILIO_AUTH_TOKEN"]
    settings = load_settings(real | {"TWILIO_AUTH_TOKEN": "real"})
    assert settings.auth_tokens == ("real",)
    assert settings.simulator is Switch.OFF
    assert settings.twilio_api_base_url == "https://api.twilio.com"


def test_no_secret_shows_in_a_representation(environ: dict[str, str]) -> None:
    hidden = {
        "DATABASE_URL": "postgresql://u:hush1@db/a",
        "KEYRING_URL": "postgresql://u:hush2@db/b",
        "LEDGER_URL": "postgresql://u:hush9@db/c",
        "REDIS_URL": "redis://:hush3@cache/0",
        "MAIL_URL": "smtp://u:hush4@mail:587",
        "SECRET_KEY": "hush5" * 8,
        "TWILIO_AUTH_TOKEN": "hush6",
        "TWILIO_API_KEY_SID": "SK1",
        "TWILIO_API_KEY_SECRET": "hush7",
        "SIGNING_KEY": "hush8",
        "ALLOWED_NUMBERS": "+46701740605",
    }

    settings = load_settings(environ | hidden)

    for shown in (repr(settings), str(settings)):
        assert "hush" not in shown
        assert KEY not in shown
        assert "740605" not in shown


def test_lists_during_rotation_keep_their_order(environ: dict[str, str]) -> None:
    settings = load_settings(
        environ | {"MASTER_KEY": f" {OTHER_KEY} , {KEY} ", "TWILIO_AUTH_TOKEN": "new, old"}
    )

    assert settings.master_keys == (b"o" * 32, b"k" * 32)
    assert settings.master_key.get_secret_value() == f"{OTHER_KEY},{KEY}"
    assert settings.auth_tokens == ("new", "old")
    assert settings.webhook_keys == ("new", "old")


def test_region_and_edge_make_the_providers_address(environ: dict[str, str]) -> None:
    settings = load_settings(environ | {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"})

    assert settings.twilio_api_base_url == "https://api.dublin.ie1.twilio.com"


def test_a_region_cannot_point_requests_to_another_host(environ: dict[str, str]) -> None:
    problems = refusals(environ | {"TWILIO_REGION": "evil.example/", "TWILIO_EDGE": "dublin"})

    assert problems[0].startswith("TWILIO_REGION is not a place of the provider")


def test_short_database_names_get_the_driver_that_is_carried(environ: dict[str, str]) -> None:
    settings = load_settings(
        environ | {"DATABASE_URL": "postgres://u@h/a", "KEYRING_URL": "postgresql://u@h/b"}
    )

    assert settings.database_url == "postgresql+psycopg://u@h/a"
    assert settings.keyring_url == "postgresql+psycopg://u@h/b"


def test_a_provider_on_another_address_may_call_plain_http(environ: dict[str, str]) -> None:
    settings = load_settings(
        environ
        | {"TWILIO_API_BASE_URL": "http://switch:4000/", "PUBLIC_BASE_URL": "http://web:8000/"}
    )

    assert settings.twilio_api_base_url == "http://switch:4000"
    assert settings.public_base_url == "http://web:8000"


def test_signalwire_signs_with_its_own_key(environ: dict[str, str]) -> None:
    environ |= {"PROVIDER_PROFILE": "signalwire"}

    assert load_settings(environ).webhook_keys == ("t" * 32,)
    signed = load_settings(environ | {"SIGNING_KEY": "PSK1"})
    assert signed.webhook_keys == ("PSK1",)
    assert signed.traits.signature_header == "X-SignalWire-Signature"


def test_somleng_neither_pauses_nor_deletes_recordings(environ: dict[str, str]) -> None:
    settings = load_settings(environ | {"PROVIDER_PROFILE": "somleng"})

    assert settings.provider_profile is ProviderProfile.SOMLENG
    assert not settings.traits.has_pause
    assert not settings.traits.deletes_recordings
    assert settings.traits.deletes_messages


def test_allowed_numbers_are_read_as_a_list(environ: dict[str, str]) -> None:
    assert load_settings(environ).allowed_numbers == ()
    settings = load_settings(environ | {"ALLOWED_NUMBERS": "+46701740605, +46701740606,"})
    assert settings.allowed_numbers == ("+46701740605", "+46701740606")


def test_settings_cannot_be_changed(environ: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings(environ).port = 1  # type: ignore[misc]


def test_every_setting_is_described_in_one_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
