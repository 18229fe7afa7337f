"""The provider's forms about text messages as frozen events; the only file that reads them."""

from dataclasses import dataclass
from typing import Final, Self

from storage.provider_forms import Form, number_of, sid_of


@dataclass(frozen=True, slots=True)
class TextStatusTold:
    """What the provider says of a text of ours; `code` is its error code, if any."""

    message_sid: str
    status: str
    code: str | None

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Raises BadEventError without a readable MessageSid."""
        return cls(
            message_sid=sid_of(form, "MessageSid"),
            status=form.get("MessageStatus", "")[:40],
            code=form.get("ErrorCode", "")[:40] or None,
        )


# No message is longer; whatever claims to be is cut, because a known word is short.
_LONGEST: Final = 1_600


@dataclass(frozen=True, slots=True)
class TextReceived:
    """Somebody texted one of our numbers; `sender` is None for a name or a hidden number.

    `answered_by_provider` says that the provider took it for a word of its own and replied.
    """

    message_sid: str
    sender: str | None
    recipient: str | None
    body: str
    answered_by_provider: bool

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Raises BadEventError without a readable MessageSid."""
        return cls(
            message_sid=sid_of(form, "MessageSid"),
            sender=number_of(form, "From"),
            recipient=number_of(form, "To"),
            body=form.get("Body", "")[:_LONGEST],
            answered_by_provider=bool(form.get("OptOutType")),
        )
