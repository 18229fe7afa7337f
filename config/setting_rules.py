"""What each setting must look like; every refusal says what was wrong and what would be right.

A refusal of a secret never repeats any part of it.
"""

import base64
import binascii
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

import phonenumbers

MASTER_KEY_BYTES = 32
_SECRET_KEY_CHARACTERS = 16
# A unix socket's path is cut or refused by the kernel beyond this.
_SOCKET_PATH_BYTES = 107
_POSTGRESQL = "postgresql+psycopg://"
_ENCODED = (
    "has a user name or password with @, /, ? or # in it; write them as %40, %2F, %3F and %23"
)


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma separated list, without blanks and empty parts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def master_key(text: str) -> str:
    """The list of master keys without blanks; the first seals, all of them open."""
    keys = listed(text)
    if not keys:
        raise ValueError("is empty; give the base64 of 32 random bytes (openssl rand -base64 32)")
    for place, key in enumerate(keys, start=1):
        which = "" if len(keys) == 1 else f"key {place} of {len(keys)} "
        try:
            raw = base64.b64decode(key, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(
                f"{which}is not base64; make one with: openssl rand -base64 32"
            ) from None
        if len(raw) != MASTER_KEY_BYTES:
            raise ValueError(
                f"{which}holds {len(raw)} bytes and must hold {MASTER_KEY_BYTES}; "
                "make one with: openssl rand -base64 32"
            )
    if len(set(keys)) != len(keys):
        raise ValueError("names the same key twice; each key of the list must differ")
    return ",".join(keys)


def secret_key(text: str) -> str:
    """The key that signs cookies and links."""
    if len(text.strip()) < _SECRET_KEY_CHARACTERS:
        raise ValueError(
            f"is shorter than {_SECRET_KEY_CHARACTERS} characters; make one with: "
            "openssl rand -base64 48"
        )
    return text.strip()


def secret_list(text: str) -> str:
    """A comma separated list of secrets, none of them with blanks inside."""
    parts = listed(text)
    if not parts:
        raise ValueError("is empty; copy it from the provider's console")
    if any(len(part.split()) != 1 for part in parts):
        raise ValueError("holds a blank inside a token; several tokens are separated by commas")
    return ",".join(parts)


def account(text: str) -> str:
    """The provider's name for the account: opaque, but never with blanks."""
    if not text or len(text) > 128 or len(text.split()) != 1:
        raise ValueError(
            "is not an account identifier; it is one word of at most 128 characters, "
            "such as AC followed by 32 hexadecimal digits"
        )
    return text


def database(text: str) -> str:
    """A database URL that names its driver; `postgres://` becomes the driver we carry."""
    for short in ("postgres://", "postgresql://"):
        if text.startswith(short):
            text = _POSTGRESQL + text.removeprefix(short)
    parts = _split(text)
    if parts.netloc.count("@") > 1:
        raise ValueError(_ENCODED)
    if text.startswith("sqlite:///") and len(text) > len("sqlite:///"):
        return text
    if text.startswith(_POSTGRESQL) and parts.path.strip("/"):
        return text
    raise ValueError(
        "is not a database we can open; sqlite:////var/lib/genklang/genklang.db or "
        "postgresql://user:password@host/database would be right"
    )


def redis(text: str) -> str:
    """The URL of a server that speaks Redis."""
    parts = _split(text)
    if parts.scheme == "unix" and parts.path:
        if len(parts.path.encode()) > _SOCKET_PATH_BYTES:
            raise ValueError(
                f"names a socket whose path has {len(parts.path.encode())} bytes, and the system "
                f"allows {_SOCKET_PATH_BYTES}; choose a shorter DATA_DIR or set REDIS_URL"
            )
        return text
    if parts.scheme in ("redis", "rediss") and parts.hostname:
        return text
    raise ValueError("is not a Redis URL; redis://host:6379/0 or unix:///path/to.sock is right")


def recordings(text: str) -> str:
    """Where sealed recordings lie: a folder or a bucket."""
    parts = _split(text)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return text
    if parts.scheme == "s3" and parts.netloc:
        return text
    raise ValueError(
        "is not a place for recordings; file:///absolute/folder or s3://bucket/prefix is right"
    )


def web_address(text: str) -> str:
    """An http(s) address without query and without a slash at the end."""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not a web address; https://calls.example.org would be right")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("holds more than an address; https://calls.example.org would be right")
    return text.rstrip("/")


def provider_place(text: str | None) -> str | None:
    """A region or an edge of the provider, which becomes part of a host name."""
    if text is not None and not (text.isascii() and text.replace("-", "").isalnum()):
        raise ValueError("is not a place of the provider; ie1 and dublin go together, for example")
    return text


def is_port(text: str) -> bool:
    """Whether a text is a TCP port that leaves room for two neighbours after it."""
    return text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= 65532


def mail(text: str | None) -> str | None:
    """The mail server: smtp:// upgrades with STARTTLS when offered, smtps:// is TLS throughout."""
    if text is None:
        return None
    parts = _split(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(
            "is not a mail server; smtp://user:password@host:587 or smtps://user:password@host:465 "
            "would be right"
        )
    return text


def mail_sender(text: str) -> str:
    """A sender with a mail address, with or without a name before it."""
    if not _is_mailbox(text):
        raise ValueError("is not a mail sender; Genklang <feedback@example.org> would be right")
    return text


def mail_reader(text: str | None) -> str | None:
    """One mail address that gets mail from us."""
    if text is not None and ("," in text or not _is_mailbox(text)):
        raise ValueError("is not one mail address; auditor@example.org would be right")
    return text


def _is_mailbox(text: str) -> bool:
    local, _, domain = parseaddr(text)[1].rpartition("@")
    return bool(local and domain) and not any(letter in text for letter in "\r\n")


def allowed_numbers(text: str) -> tuple[str, ...]:
    """The only numbers that may be called or texted; empty when all may."""
    for place, number in enumerate(listed(text), start=1):
        if not is_e164(number):
            raise ValueError(
                f"number {place} of the list is not in international form; "
                "+46701740605 would be right"
            )
    return listed(text)


def is_e164(number: str) -> bool:
    """Whether a number is written +COUNTRYNUMBER without blanks and fits its country's plan."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return bool(written == number and phonenumbers.is_valid_number(parsed))


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is how a bad port shows itself
    except ValueError:
        raise ValueError("is not a URL: its host or port cannot be read") from None
    if any(letter.isspace() for letter in text):
        raise ValueError("holds a blank; a URL has none")
    if parts.netloc and "@" in parts.path + parts.query + parts.fragment:
        # A part of the password would be taken for the host.
        raise ValueError(_ENCODED)
    return parts
