"""The mails that were caught, one file each, so that a restart finds them.

Nothing is held in memory: pages read the files they show. The oldest mails go first when there are
too many or they weigh too much, so a forgotten catcher cannot fill the disk.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from threading import Lock
from typing import Final

_NAME: Final = re.compile(r"^(\d{9})\.eml$")
# Written above the mail as it arrived, like a post office's own stamp.
_SENDER, _RECIPIENT, _ARRIVED = "X-Caught-From", "X-Caught-To", "X-Caught-At"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent along; `size` in bytes."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail as the catcher keeps it; `number` counts upwards in order of arrival."""

    number: int
    arrived: datetime
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        """The subject, decoded; empty when there is none."""
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        """What a person would read: the plain part, else the HTML part as it was written."""
        body = self.message.get_body(preferencelist=("plain", "html"))
        return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The files sent along, without their contents."""
        return tuple(
            Attachment(
                name=part.get_filename() or "without a name",
                content_type=part.get_content_type(),
                size=len(part.get_payload(decode=True) or b""),
            )
            for part in self.message.iter_attachments()
            if isinstance(part, EmailMessage)
        )


class MailStore:
    """The caught mails of one folder; safe to use from several threads."""

    def __init__(
        self, directory: Path, *, most: int = 2000, most_bytes: int = 100 * 1024 * 1024
    ) -> None:
        """Keep at most `most` mails and `most_bytes` in `directory`, which is made if missing."""
        self._directory = directory
        self._most = most
        self._most_bytes = most_bytes
        self._lock = Lock()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._last = max((number for number, _ in self._files()), default=0)

    def add(self, content: bytes, *, sender: str, recipients: list[str], at: datetime) -> int:
        """Keep one mail as it came over the wire; returns its number."""
        stamp = [f"{_ARRIVED}: {at.astimezone(UTC).isoformat()}", f"{_SENDER}: {sender}"]
        stamp += [f"{_RECIPIENT}: {recipient}" for recipient in recipients]
        head = "".join(f"{line}\r\n" for line in stamp).encode()
        with self._lock:
            self._last += 1
            path = self._path(self._last)
            # Written beside and renamed: a reader never meets half a mail.
            half = path.with_suffix(".part")
            half.touch(mode=0o600)
            half.write_bytes(head + content)
            half.replace(path)
            self._make_room()
            return self._last

    def mails(self, *, limit: int | None = None) -> Iterator[CaughtMail]:
        """The mails, newest first, read one at a time."""
        for count, (number, _) in enumerate(sorted(self._files(), reverse=True)):
            if limit is not None and count >= limit:
                return
            mail = self.get(number)
            if mail is not None:  # erased between the listing and the reading
                yield mail

    def get(self, number: int) -> CaughtMail | None:
        """The mail of that number, or None when it is gone or never was."""
        try:
            content = self._path(number).read_bytes()
        except FileNotFoundError:
            return None
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        return CaughtMail(
            number=number,
            arrived=datetime.fromisoformat(str(message[_ARRIVED])),
            sender=str(message[_SENDER]),
            recipients=tuple(str(each) for each in message.get_all(_RECIPIENT, [])),
            message=message,
        )

    def count(self) -> int:
        """How many mails are kept."""
        return sum(1 for _ in self._files())

    def erase(self, number: int | None = None) -> int:
        """Delete one mail, or all of them; returns how many went. Safe to repeat."""
        with self._lock:
            gone = 0
            for found, path in list(self._files()):
                if number is None or found == number:
                    path.unlink(missing_ok=True)
                    gone += 1
            if number is None:
                for half in self._directory.glob("*.part"):  # left by a crash
                    half.unlink(missing_ok=True)
            return gone

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:09d}.eml"

    def _files(self) -> Iterator[tuple[int, Path]]:
        for path in self._directory.iterdir():
            match = _NAME.match(path.name)
            if match:
                yield int(match[1]), path

    def _make_room(self) -> None:
        newest_first = sorted(self._files(), reverse=True)
        weight = 0
        for count, (_, path) in enumerate(newest_first):
            weight += path.stat().st_size
            # The newest stays whatever it weighs, or sending a large mail would look like success
            # and show nothing.
            if count and (count >= self._most or weight > self._most_bytes):
                path.unlink(missing_ok=True)
