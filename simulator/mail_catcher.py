"""A real SMTP server that sends nothing on: what the service mails lands in a folder and on a page.

Three kinds of address let one try out what a mail server may answer:
`no-such-mailbox…@` is refused for good (550), `try-later…@` for now (451), all others are taken.
"""

import asyncio
import logging
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult

from simulator.mail_catcher_store import MailStore

log = logging.getLogger(__name__)

LARGEST_MAIL: Final = 25 * 1024 * 1024
_STOP_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class MailCatcher:
    """A running catcher: its SMTP port and what it has caught."""

    port: int
    store: MailStore
    _loop: asyncio.AbstractEventLoop
    _thread: Thread

    def stop(self) -> None:
        """Close the port and end the thread; the mails stay in their folder. Safe to repeat."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_STOP_SECONDS)


def start(port: int = 0, *, directory: Path, host: str = "127.0.0.1") -> MailCatcher:
    """Catch mails on `host:port` in a thread of its own; port 0 takes any free one.

    Raises OSError when the port is taken.
    """
    store = MailStore(directory)
    listening = socket.create_server((host, port))
    loop = asyncio.new_event_loop()
    answers = Event()
    thread = Thread(
        target=_serve, args=(loop, listening, store, answers), name="mail-catcher", daemon=True
    )
    thread.start()
    answers.wait()  # a loop that is stopped before it serves would leave its server half made
    taken = listening.getsockname()[1]
    log.info("mail_catcher.started", extra={"port": taken})
    return MailCatcher(port=taken, store=store, _loop=loop, _thread=thread)


def _serve(
    loop: asyncio.AbstractEventLoop, listening: socket.socket, store: MailStore, answers: Event
) -> None:
    asyncio.set_event_loop(loop)

    def conversation() -> Any:
        return SMTP(
            _Handler(store),
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            hostname="mail-catcher.example",
            # Any login is right, so the settings of a real mail server can be tried unchanged.
            authenticator=lambda *_: AuthResult(success=True),
            auth_require_tls=False,
            loop=loop,
        )

    server = loop.run_until_complete(loop.create_server(conversation, sock=listening))
    loop.call_soon(answers.set)
    try:
        loop.run_forever()
    finally:
        server.close()
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.run_until_complete(server.wait_closed())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class _Handler:
    """The SMTP conversation's decisions; the hook names are aiosmtpd's."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        mailbox = address.partition("@")[0].lower()
        if mailbox.startswith("no-such-mailbox"):
            return "550 5.1.1 No such mailbox here"
        if mailbox.startswith("try-later"):
            return "451 4.2.1 Mailbox busy, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient accepted"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        number = await asyncio.to_thread(
            self._store.add,
            envelope.original_content,
            sender=envelope.mail_from or "",
            recipients=list(envelope.rcpt_tos),
            at=datetime.now(UTC),
        )
        log.info("mail.caught", extra={"mail": number})
        return f"250 2.0.0 Caught as {number}"
