"""The addresses of one call's webhooks: absolute, ASCII, with a random token and nothing else."""

from dataclasses import dataclass

from ivr.steps import Waiting


@dataclass(frozen=True, slots=True)
class CallAddresses:
    """Where the provider turns to about one call; `base_url` is PUBLIC_BASE_URL."""

    base_url: str
    token: str

    @property
    def answer(self) -> str:
        """The first document of an outbound call."""
        return f"{self.base_url}/voice/answer/{self.token}"

    @property
    def status(self) -> str:
        """The progress of an outbound call."""
        return f"{self.base_url}/voice/status/{self.token}"

    @property
    def detected(self) -> str:
        """Whether a person or a machine answered."""
        return f"{self.base_url}/voice/detected/{self.token}"

    def turn(self, visit: int, waiting: Waiting) -> str:
        """The next webhook of the conversation."""
        return f"{self.base_url}/voice/turn/{self.token}/{visit}/{waiting.value}"

    def recording(self, visit: int) -> str:
        """What became of the recording made in that visit."""
        return f"{self.base_url}/voice/recording/{self.token}/{visit}"

    def hear(self, visit: int) -> str:
        """The caller's own recording of that visit, as sound."""
        return f"{self.base_url}/voice/hear/{self.token}/{visit}"


@dataclass(frozen=True, slots=True)
class ProbeAddresses(CallAddresses):
    """The same for a call with which a line is probed."""

    @property
    def answer(self) -> str:
        """The first document."""
        return f"{self.base_url}/voice/probe/{self.token}"

    @property
    def status(self) -> str:
        """The progress of the call."""
        return f"{self.base_url}/voice/probe/{self.token}/status"

    def turn(self, visit: int, waiting: Waiting) -> str:
        """The key that was pressed, or that none was."""
        return f"{self.base_url}/voice/probe/{self.token}/{waiting.value}"
