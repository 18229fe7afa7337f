"""A stage per test: the service and the network on ports of their own."""

import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from storage.house import House, close_house, open_house
from tests.conftest import environment_of_tests
from tests.scenarios.stage import Stage, set_stage


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, database_url: str, redis_url: str, tmp_path: Path
) -> Settings:
    """Settings whose public address and provider are this machine's ports.

    A scenario that names a provider's dialect gets settings for that provider.
    """
    callspec = getattr(request.node, "callspec", None)
    path = callspec.params.get("path") if callspec else None
    network = tomllib.loads(path.read_text("utf-8")).get("network", {}) if path else {}
    return load_settings(
        environment_of_tests(database_url, redis_url, tmp_path)
        | {
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "PROVIDER_PROFILE": network.get("profile", "twilio"),
            "FALLBACK_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "MAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        }
    )


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    opened = open_house(settings, patient=True)
    opened.bell.redis.flushall()
    yield opened
    close_house()


@pytest.fixture
def stage(settings: Settings, house: House, tmp_path: Path) -> Iterator[Stage]:
    with set_stage(settings, house, tmp_path) as ready:
        yield ready
