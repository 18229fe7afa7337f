"""Which hosts get data: each setting and variable is read as the libraries read it."""

import base64
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import obstore
import psycopg
import pytest
from obstore.store import from_url

from config.host_names import UnreadableHostError
from config.hosts import destinations
from config.settings import Settings

AWS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}


def settings(folder: Path, **given: str) -> Settings:
    """Settings that were not checked for their hosts."""
    return Settings(
        **{
            "data_dir": folder,
            "master_key": base64.b64encode(b"k" * 32).decode(),
            "secret_key": "s" * 32,
            "twilio_account_sid": "AC1",
            "twilio_auth_token": "t",
            "twilio_api_base_url": "http://127.0.0.1:9",
            **given,
        }  # type: ignore[arg-type]
    )


def hosts(folder: Path, environ: dict[str, str] | None = None, **given: str) -> dict[str, str]:
    """The hosts by what names them; of several the last, and nothing of this machine's own."""
    found = destinations(settings(folder, **given), environ or {})
    return {
        one.setting: one.host
        for one in found
        if one.host is not None and one.host != "127.0.0.1"
    }  # fmt: skip


def test_the_embedded_default_sends_nothing_anywhere(tmp_path: Path) -> None:
    found = destinations(settings(tmp_path, simulator="on"), {"HTTPS_PROXY": "http://far.example"})

    assert {one.host for one in found} == {None, "127.0.0.1"}
    assert [one.setting for one in found] == [
        "DATABASE_URL", "KEYRING_URL", "LEDGER_URL", "REDIS_URL", "RECORDINGS_URL",
        "TWILIO_API_BASE_URL", "MAIL_URL", "PUBLIC_BASE_URL",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "environ", "host"),
    [
        ("postgresql://u:p@db.example:5433/x", {}, "db.example"),
        ("postgres://u:p%40%2F@DB.example/x?sslmode=require", {}, "db.example"),
        ("postgresql://u:p@[2001:db8::1]:5/x", {}, "2001:db8::1"),
        ("postgresql://u:p@in.url/x?host=in.query", {}, "in.query"),
        ("postgresql:///x?host=/run/postgresql", {}, None),
        ("postgresql:///x", {}, None),
        ("postgresql:///x", {"PGHOST": "db.example"}, "db.example"),
        ("postgresql:///x", {"PGHOST": "/run/postgresql"}, None),
        ("postgresql://u@db.internal/x?hostaddr=192.0.2.1", {}, "192.0.2.1"),
        ("postgresql://u@db.internal/x", {"PGHOSTADDR": "192.0.2.1"}, "192.0.2.1"),
        ("sqlite:////somewhere/a@b.db", {"PGHOST": "db.example"}, None),
    ],
)
def test_the_database_is_where_its_driver_goes(
    tmp_path: Path, url: str, environ: dict[str, str], host: str | None
) -> None:
    assert hosts(tmp_path, environ, database_url=url).get("DATABASE_URL") == host


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@/x?host=a.example:1&host=b.example:2",
        "postgresql://u@/x?host=a.example,b.example",
        "postgresql://u@a.example,b.example/x",
    ],
)
def test_each_of_several_databases_counts(tmp_path: Path, url: str) -> None:
    found = destinations(settings(tmp_path, keyring_url=url), {})

    assert [o.host for o in found if o.setting == "KEYRING_URL"] == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        ("postgresql://u:p@127.0.0.1/x?service=far", {}),
        ("postgresql://u:p@/x?conninfo=host%3Dfar.example", {}),
        ("postgresql://u:p@127.0.0.1/x", {"PGSERVICE": "far"}),
    ],
)
def test_a_database_whose_host_is_named_elsewhere_is_refused(
    tmp_path: Path, url: str, environ: dict[str, str]
) -> None:
    with pytest.raises(UnreadableHostError, match="DATABASE_URL: a service"):
        hosts(tmp_path, environ, database_url=url)


def test_the_driver_does_prefer_the_address_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")

    with pytest.raises(psycopg.OperationalError, match=r"127\.0\.0\.1"):
        psycopg.connect("host=db.invalid port=1 connect_timeout=2")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("redis://:p@r.example:6379/0", "r.example"),
        ("rediss://u:p%40@r.example", "r.example"),
        # Its library decodes the host.
        ("redis://127.0.0.1%2eexample.com/0", "127.0.0.1.example.com"),
        ("unix:///run/redis.sock", None),
    ],
)
def test_redis_is_where_its_client_goes(tmp_path: Path, url: str, host: str | None) -> None:
    assert hosts(tmp_path, redis_url=url).get("REDIS_URL") == host


@pytest.mark.parametrize(
    ("environ", "where"),
    [
        ({}, {"RECORDINGS_URL": "s3.us-east-1.amazonaws.com"}),
        ({"AWS_REGION": "eu-north-1"}, {"RECORDINGS_URL": "s3.eu-north-1.amazonaws.com"}),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, {"RECORDINGS_URL": "s3.eu-west-1.amazonaws.com"}),
        (
            {"AWS_DEFAULT_REGION": "us-west-1", "AWS_REGION": "eu-west-1"},
            {"RECORDINGS_URL": "s3.eu-west-1.amazonaws.com"},
        ),
        ({"AWS_REGION": "x.far.example/"}, {"RECORDINGS_URL": "s3.x.far.example"}),
        ({"aws_region": "eu-north-1"}, {"RECORDINGS_URL": "s3.us-east-1.amazonaws.com"}),
        ({"AWS_Endpoint": "https://s.example"}, {"AWS_ENDPOINT": "s.example"}),
        ({"AWS_ENDPOINT": "https://s.example:9000"}, {"AWS_ENDPOINT": "s.example"}),
        ({"AWS_ENDPOINT_URL": "https://s.example"}, {"AWS_ENDPOINT_URL": "s.example"}),
        ({"AWS_ENDPOINT_URL_S3": "https://s.example"}, {"AWS_ENDPOINT_URL_S3": "s.example"}),
        (
            {"AWS_ENDPOINT": "https://a.example", "AWS_ENDPOINT_URL_S3": "https://b.example"},
            {"AWS_ENDPOINT": "a.example", "AWS_ENDPOINT_URL_S3": "b.example"},
        ),
        (
            {"AWS_ENDPOINT_URL": "https://a.example", "AWS_REGION": "eu-north-1"},
            {"AWS_ENDPOINT_URL": "a.example"},
        ),
    ],
)
def test_recordings_go_where_the_store_signs_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    where: dict[str, str],
) -> None:
    for name, value in (environ | AWS).items():
        monkeypatch.setenv(name, value)

    store = from_url("s3://bucket/prefix")
    signed = urlsplit(obstore.sign(store, "GET", "a", timedelta(minutes=1)))
    found = hosts(tmp_path, environ, recordings_url="s3://bucket/prefix")

    assert found == where
    assert signed.hostname in where.values()


def test_mail_provider_and_what_stands_in_for_us_count(tmp_path: Path) -> None:
    found = hosts(
        tmp_path,
        mail_url="smtps://user@example.org:p@mail.example:465",
        twilio_api_base_url="https://space.signalwire.example/api/laml",
        public_base_url="https://calls.example",
        fallback_base_url="https://static.example/x",
    )

    assert found == {
        "MAIL_URL": "mail.example",
        "TWILIO_API_BASE_URL": "space.signalwire.example",
        "PUBLIC_BASE_URL": "calls.example",
        "FALLBACK_BASE_URL": "static.example",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "http://u:hush@proxy.example:3128"),
        ("https_proxy", "proxy.example:3128"),
        ("ALL_PROXY", "socks5://proxy.example"),
        ("HTTP_PROXY", "http://proxy.example"),
        ("AWS_PROXY_URL", "http://proxy.example"),
    ],
)
def test_a_proxy_on_the_way_out_counts(tmp_path: Path, name: str, value: str) -> None:
    url = "https://api.dublin.ie1.twilio.com"
    found = hosts(
        tmp_path,
        {name: value},
        twilio_api_base_url=url,
        public_base_url="https://calls.example",
    )

    assert found[name] == "proxy.example"


def test_what_cannot_be_read_names_the_variable_and_shows_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableHostError) as caught:
        hosts(tmp_path, {"AWS_ENDPOINT": "https://u:hu@sh/@"}, recordings_url="s3://b/p")

    assert str(caught.value).startswith("AWS_ENDPOINT: its host cannot be read")
    assert "sh/" not in str(caught.value)
