"""A real mail server for tests, imported as `tests.post`."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Post:
    """A mail server of the tests' own: what it took, and what it says instead of taking."""

    taken: list[EmailMessage] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    url: str = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.says:
            return self.says.pop(0)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"


@contextmanager
def listening(host: str, *, tls: ssl.SSLContext | None = None) -> Iterator[Post]:
    """A server on a free port; with `tls` it offers STARTTLS and takes nothing without it."""
    server = Post()
    with socket.create_server((host, 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(
        server, hostname=host, port=port, enable_SMTPUTF8=True,
        tls_context=tls, require_starttls=tls is not None,
    )  # fmt: skip
    controller.start()
    server.url = f"smtp://{host}:{port}"
    yield server
    controller.stop()
