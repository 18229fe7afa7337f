"""A stage per test: the service and the network on ports of their own."""

import itertools
import os
import random
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from storage.house import House, close_house, open_house
from tests.conftest import environment_of_tests
from tests.scenarios.stage import Stage, set_stage

# Below the range from which the kernel gives ports to outgoing connections, and apart per process
# of the tests: a port that was found free is still free a moment later.
_FIRST, _EACH = 20_000, 1_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_own = range(_FIRST + _worker * _EACH, _FIRST + (_worker + 1) * _EACH)
# In an order of its own, so that tests of two checkouts on one machine seldom meet.
_candidates = itertools.cycle(random.sample(_own, _EACH))


def free_port() -> int:
    """A port of this test process's own on which nobody listens."""
    for port in itertools.islice(_candidates, _EACH):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise LookupError("no free port")


@pytest.fixture
def settings(
    request: pytest.FixtureRequest, database_url: str, redis_url: str, tmp_path: Path
) -> Settings:
    """Settings whose public address and provider are this machine's ports.

    A test or a scenario that names a provider's dialect gets settings for that provider.
    """
    params = getattr(getattr(request.node, "callspec", None), "params", {})
    path = params.get("path")
    network = tomllib.loads(path.read_text("utf-8")).get("network", {}) if path else {}
    return load_settings(
        environment_of_tests(database_url, redis_url, tmp_path)
        | {
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "PROVIDER_PROFILE": params.get("profile") or network.get("profile", "twilio"),
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
