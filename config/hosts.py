"""Every host that gets data of this installation, read from its settings as the libraries do.

Some libraries take hosts from variables of their own: those of PostgreSQL, of the object store
and of proxies are looked at too, because they lead data away as well as any setting.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url

from config.host_names import UnreadableHostError, host_of, own_ground, spelled

if TYPE_CHECKING:
    from config.settings import Settings

_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_DEFAULT_REGION: Final = "us-east-1"
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "AWS_PROXY_URL")


@dataclass(frozen=True, slots=True)
class Destination:
    """Something that gets data; `host` is None for a file or a socket of this machine."""

    setting: str
    gets: str
    host: str | None


def destinations(settings: "Settings", environ: Mapping[str, str]) -> tuple[Destination, ...]:
    """Everything that gets data; raises UnreadableHostError, naming the setting, never its value.

    `environ` is the environment of the process, where libraries look for variables of their own.
    """
    # The object store takes its variables in capitals and in small letters after AWS_.
    seen = {name.upper() if name[:4] == "AWS_" else name: text for name, text in environ.items()}
    web = [*_stores(settings, seen), *_provider(settings)]
    found = [*_kept(settings, seen), *web, *_reached(settings)]
    # What is on own ground no stranger's proxy can reach.
    if any(one.host is not None and own_ground(one.host) is None for one in web):
        found += _proxies(seen)
    return tuple(found)


def own_name(settings: "Settings") -> str:
    """The host under which this service itself answers; raises UnreadableHostError."""
    return _named("PUBLIC_BASE_URL", host_of, settings.public_base_url)


def _kept(settings: "Settings", environ: Mapping[str, str]) -> Iterator[Destination]:
    rows = "all rows; names, numbers and what was said are sealed in them"
    for host in _of_database("DATABASE_URL", settings.database_url, environ):
        yield Destination("DATABASE_URL", rows, host)
    for host in _of_database("KEYRING_URL", settings.keyring_url, environ):
        yield Destination("KEYRING_URL", "the data keys, wrapped by the master key", host)
    for host in _of_database("LEDGER_URL", settings.ledger_url, environ):
        yield Destination("LEDGER_URL", "deletion receipts, with nothing personal in them", host)
    # Its library takes the host apart from the rest and decodes it.
    host = unquote(urlsplit(settings.redis_url).hostname or "")
    redis = None if settings.redis_url.startswith("unix:") else _named("REDIS_URL", spelled, host)
    yield Destination("REDIS_URL", "row numbers of waiting work", redis)


def _stores(settings: "Settings", environ: Mapping[str, str]) -> Iterator[Destination]:
    gets = "sealed recordings"
    if not settings.recordings_url.startswith("s3:"):
        yield Destination("RECORDINGS_URL", gets, None)
        return
    # Which of them the store prefers is its own affair: each must be allowed.
    endpoints = [name for name in _ENDPOINTS if environ.get(name)]
    for name in endpoints:
        yield Destination(name, gets, _named(name, host_of, environ[name]))
    if not endpoints:
        region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or _DEFAULT_REGION
        host = _named("AWS_REGION", host_of, f"https://s3.{region}.amazonaws.com")
        yield Destination("RECORDINGS_URL", gets, host)


def _provider(settings: "Settings") -> Iterator[Destination]:
    host = _named("TWILIO_API_BASE_URL", host_of, settings.twilio_api_base_url)
    yield Destination("TWILIO_API_BASE_URL", "numbers, calls and what is said in them", host)


def _reached(settings: "Settings") -> Iterator[Destination]:
    if settings.mail_url is not None:
        host = _named("MAIL_URL", host_of, settings.mail_url)
        yield Destination("MAIL_URL", "mail and the addresses it goes to", host)
    yield Destination(
        "PUBLIC_BASE_URL", "what callers, staff and provider send", own_name(settings)
    )
    if settings.fallback_base_url is not None:
        # It is fetched with the callers' numbers in the address.
        gets = "callers' numbers while this service is down"
        host = _named("FALLBACK_BASE_URL", host_of, settings.fallback_base_url)
        yield Destination("FALLBACK_BASE_URL", gets, host)


def _of_database(setting: str, url: str, environ: Mapping[str, str]) -> Iterator[str | None]:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        yield None
        return
    told = parsed.get_dialect()().create_connect_args(parsed)[1]
    if told.get("service") or told.get("conninfo") or environ.get("PGSERVICE"):
        raise UnreadableHostError(
            f"{setting}: a service or a connection string names the host where it cannot be "
            "checked; write the host into the URL, without service, conninfo and PGSERVICE"
        )
    # An address goes before a name, wherever each of them comes from.
    hosts = told.get("hostaddr") or environ.get("PGHOSTADDR")
    hosts = hosts or told.get("host") or environ.get("PGHOST") or ""
    for host in (hosts if isinstance(hosts, str) else ",".join(hosts)).split(","):
        socket = not host or host.startswith(("/", "@"))
        yield None if socket else _named(setting, spelled, host)


def _proxies(environ: Mapping[str, str]) -> Iterator[Destination]:
    for name, value in environ.items():
        if name.upper() in _PROXIES and value:
            gets = "all that goes to provider and store, by way of it"
            yield Destination(name, gets, _named(name, host_of, value))


def _named(setting: str, read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except UnreadableHostError as error:
        raise UnreadableHostError(f"{setting}: {error}") from None
