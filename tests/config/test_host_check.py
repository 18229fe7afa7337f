"""The check at start-up: who may get data, and what a stranger's operator is told."""

import base64
from itertools import product
from pathlib import Path

import pytest

from config.host_check import Verdict, hosts_on_record, refusals, unused_allowances
from config.settings import SettingsError, load_settings

IRELAND = {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An installation in earnest that keeps everything on its own ground and in Ireland."""
    return {
        "DATA_DIR": str(tmp_path),
        "MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
        "SECRET_KEY": "s" * 32,
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": "t",
        "PUBLIC_BASE_URL": "https://calls.example.org",
        **IRELAND,
    }


def told(environ: dict[str, str]) -> list[str]:
    """What the operator is told; nothing when the settings load."""
    try:
        load_settings(environ)
    except SettingsError as refused:
        return refused.problems
    return []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"DATABASE_URL": "postgresql://u:p@db/genklang"},
        {"DATABASE_URL": "postgresql://u:p@10.0.0.5/genklang", "REDIS_URL": "redis://redis:6379"},
        {"DATABASE_URL": "postgresql://u:p@x.abc.eu-north-1.rds.amazonaws.com/genklang"},
        {"RECORDINGS_URL": "s3://b/p", "AWS_REGION": "eu-central-1"},
        {"RECORDINGS_URL": "s3://b/p", "AWS_ENDPOINT_URL": "https://hel1.your-objectstorage.com"},
        {"RECORDINGS_URL": "s3://b/p", "AWS_ENDPOINT": "http://minio:9000"},
        {"MAIL_URL": "smtps://u:p@email-smtp.eu-west-1.amazonaws.com:465"},
        # The very name the service answers by is nobody else's.
        {"FALLBACK_BASE_URL": "https://calls.example.org/static"},
        {"MAIL_URL": "smtp://calls.example.org"},
        {"HTTPS_PROXY": "http://proxy.internal:3128"},
        {"TWILIO_API_BASE_URL": "http://somleng:3000"},
        {"ALLOWED_REGIONS": "IE"},
        {"ALLOWED_REGIONS": "EU", "TWILIO_EDGE": "frankfurt"},
        {"MAIL_URL": "smtp://m.example", "HOSTS_ALLOWED": "m.example=in Oslo, run by us"},
        {
            "TWILIO_API_BASE_URL": "https://api.twilio.com",
            "HOSTS_ALLOWED": "api.twilio.com=no SMS in IE1; decided by our privacy officer",
        },
    ],
    ids=str,
)
def test_own_ground_the_allowed_regions_and_given_reasons_start(
    environ: dict[str, str], given: dict[str, str]
) -> None:
    assert told(environ | given) == []


@pytest.mark.parametrize(
    ("given", "setting", "host"),
    [
        ({"DATABASE_URL": "postgresql://u:p@db.example.se/x"}, "DATABASE_URL", "db.example.se"),
        ({"KEYRING_URL": "postgresql://u:p@k.example.eu/x"}, "KEYRING_URL", "k.example.eu"),
        ({"LEDGER_URL": "postgresql://u:p@l.example.eu/x"}, "LEDGER_URL", "l.example.eu"),
        ({"REDIS_URL": "rediss://:p@r.example.com"}, "REDIS_URL", "r.example.com"),
        ({"RECORDINGS_URL": "s3://b/p"}, "RECORDINGS_URL", "s3.us-east-1.amazonaws.com"),
        (
            {"RECORDINGS_URL": "s3://b/p", "AWS_REGION": "eu-west-2"},
            "RECORDINGS_URL",
            "s3.eu-west-2.amazonaws.com",
        ),
        (
            {"RECORDINGS_URL": "s3://b/p", "AWS_ENDPOINT_URL": "https://s3.example.com"},
            "AWS_ENDPOINT_URL",
            "s3.example.com",
        ),
        ({"MAIL_URL": "smtp://u:p@mx.example.com:587"}, "MAIL_URL", "mx.example.com"),
        ({"TWILIO_REGION": "us1"}, "TWILIO_API_BASE_URL", "api.dublin.us1.twilio.com"),
        ({"TWILIO_EDGE": "ashburn"}, "TWILIO_API_BASE_URL", "api.ashburn.ie1.twilio.com"),
        (
            {"TWILIO_API_BASE_URL": "https://api.twilio.com"},
            "TWILIO_API_BASE_URL",
            "api.twilio.com",
        ),
        (
            {"FALLBACK_BASE_URL": "https://static.example.org/x"},
            "FALLBACK_BASE_URL",
            "static.example.org",
        ),
        (
            {"PUBLIC_BASE_URL": "https://x.us-east-1.elb.amazonaws.com"},
            "PUBLIC_BASE_URL",
            "x.us-east-1.elb.amazonaws.com",
        ),
        ({"HTTPS_PROXY": "http://u:p@proxy.example.com"}, "HTTPS_PROXY", "proxy.example.com"),
        ({"ALLOWED_REGIONS": "SE,NO"}, "TWILIO_API_BASE_URL", "api.dublin.ie1.twilio.com"),
        (
            {"ALLOWED_REGIONS": "IE", "TWILIO_EDGE": "frankfurt"},
            "TWILIO_API_BASE_URL",
            "api.frankfurt.ie1.twilio.com",
        ),
        # A reason lets in the host it names and no other.
        (
            {"MAIL_URL": "smtp://mx.example.com", "HOSTS_ALLOWED": "example.com=ours"},
            "MAIL_URL",
            "mx.example.com",
        ),
    ],
)
def test_a_stranger_is_refused_by_setting_and_host_with_what_to_write(
    environ: dict[str, str], given: dict[str, str], setting: str, host: str
) -> None:
    (sentence,) = told(environ | given)

    assert sentence.startswith(f"{setting} sends data to {host}, w")
    assert f"{host}=<" in sentence.partition("HOSTS_ALLOWED=")[2]


def test_the_whole_sentence_of_an_unknown_and_of_a_foreign_host(environ: dict[str, str]) -> None:
    unknown = told(environ | {"DATABASE_URL": "postgresql://app:hush@db.example.com/genklang"})
    foreign = told(environ | {"TWILIO_API_BASE_URL": "https://api.twilio.com"})

    assert unknown == [
        "DATABASE_URL sends data to db.example.com, whose name does not tell if it is in the "
        "EU/EEA. To allow that, give the reason: "
        'HOSTS_ALLOWED="db.example.com=<where it is and who says so>"'
    ]
    assert foreign == [
        "TWILIO_API_BASE_URL sends data to api.twilio.com, which is Twilio's region us1 (US) and "
        "not in the EU/EEA. TWILIO_REGION=ie1 with TWILIO_EDGE=dublin keeps calls in Ireland. "
        'To allow that, give the reason: HOSTS_ALLOWED="api.twilio.com=<why it may go there>"'
    ]


def test_all_strangers_are_told_at_once_and_what_was_allowed_stays(
    environ: dict[str, str],
) -> None:
    first, second = told(
        environ
        | {
            "DATABASE_URL": "postgresql://u:p@db.example.com/a",
            "KEYRING_URL": "postgresql://u:p@db.example.com/b",
            "REDIS_URL": "redis://r.example.com",
            "MAIL_URL": "smtp://mx.example.com",
            "HOSTS_ALLOWED": "mx.example.com=ours, in Oslo",
        }
    )

    assert first.startswith("DATABASE_URL and KEYRING_URL send data to db.example.com, whose")
    assert "HOSTS_ALLOWED" not in first
    assert second.endswith(
        'HOSTS_ALLOWED="mx.example.com=ours, in Oslo, '
        "db.example.com=<where it is and who says so>, "
        'r.example.com=<where it is and who says so>"'
    )


def test_what_was_told_to_write_is_what_helps_once_filled_in(environ: dict[str, str]) -> None:
    given = environ | {"REDIS_URL": "redis://[2001:db8::1]", "MAIL_URL": "smtp://mx.example.com"}
    asked = told(given)[-1].partition('HOSTS_ALLOWED="')[2].removesuffix('"')

    unfilled = told(given | {"HOSTS_ALLOWED": asked})
    filled = told(given | {"HOSTS_ALLOWED": asked.replace("<", "").replace(">", "")})

    assert "still to be filled in" in unfilled[0]
    assert filled == []


def test_narrowed_regions_are_named(environ: dict[str, str]) -> None:
    (sentence,) = told(environ | {"ALLOWED_REGIONS": "SE,NO"})

    assert "region ie1 by the edge dublin (IE) and not in the allowed regions (NO, SE)." in sentence


SPECIAL = ["@", "/", "?", "#", ":", "[", "]", "\\", "%40", "%2F", "&", "=", ",", ";", "'", '"', "."]
SECRET_URLS = {
    "DATABASE_URL": "postgresql://app:{}@db.example.com/genklang",
    "REDIS_URL": "redis://:{}@r.example.com:6379/0",
    "MAIL_URL": "smtp://app:{}@mx.example.com:587",
    "TWILIO_API_BASE_URL": "https://app:{}@api.example.com",
    "HTTPS_PROXY": "http://app:{}@proxy.example.com:3128",
    "HOSTS_ALLOWED": "postgresql://app:{}@db.example.com/genklang=ours",
}


@pytest.mark.parametrize("setting", SECRET_URLS)
def test_no_part_of_a_password_is_ever_shown(environ: dict[str, str], setting: str) -> None:
    shown, refused = [], 0
    for one, two in product(SPECIAL, SPECIAL):
        for secret in (f"hush{one}hush{two}hush", f"1{one}hush{two}2", f"hush.{one}{two}hush"):
            sentences = told(environ | {setting: SECRET_URLS[setting].format(secret)})
            refused += bool(sentences)
            shown += [s for s in sentences if "hush" in s]

    assert shown == []
    assert refused == 3 * len(SPECIAL) ** 2


def test_a_password_in_the_store_s_endpoint_is_not_shown(environ: dict[str, str]) -> None:
    given = {"RECORDINGS_URL": "s3://b/p", "AWS_ENDPOINT": "https://id:hush@s.example/"}

    assert "hush" not in told(environ | given)[0]


def test_every_destination_is_on_record_with_its_ground(environ: dict[str, str]) -> None:
    settings = load_settings(
        environ
        | {
            "REDIS_URL": "redis://redis",
            "MAIL_URL": "smtp://mx.example.com",
            "HOSTS_ALLOWED": "mx.example.com=ours, in Oslo,old.example.com=gone",
        }
    )

    found = hosts_on_record(settings, {})

    assert [(one.setting, one.host, one.verdict, one.where) for one in found] == [
        ("DATABASE_URL", None, Verdict.OWN, "this machine, a file or a socket"),
        ("KEYRING_URL", None, Verdict.OWN, "this machine, a file or a socket"),
        ("LEDGER_URL", None, Verdict.OWN, "this machine, a file or a socket"),
        ("REDIS_URL", "redis", Verdict.OWN, "own network, by its name"),
        ("RECORDINGS_URL", None, Verdict.OWN, "this machine, a file or a socket"),
        (
            "TWILIO_API_BASE_URL",
            "api.dublin.ie1.twilio.com",
            Verdict.WITHIN,
            "Twilio's region ie1 by the edge dublin (IE)",
        ),
        ("MAIL_URL", "mx.example.com", Verdict.ALLOWED, "ours, in Oslo"),
        (
            "PUBLIC_BASE_URL",
            "calls.example.org",
            Verdict.OWN,
            "this service itself, by its own name",
        ),
    ]
    assert [one.host for one in found if one.declared] == ["mx.example.com"]
    assert unused_allowances(settings, found) == ("old.example.com",)
    assert refusals(settings, {}) == []
