"""The whole service in processes of its own, and a browser with a microphone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, sync_playwright

from simulator.population_voices import Tone, voices
from tests.browser.microphone import Loop
from tools.whole_service import WholeService

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def spoken() -> Loop:
    """What the browser's microphone hears."""
    return Loop(voices("en", Tone.POSITIVE)[0])


@pytest.fixture(scope="module")
def browser(spoken: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("there is no /usr/bin/chromium")
        pytest.skip("there is no /usr/bin/chromium")
    microphone = tmp_path_factory.mktemp("microphone") / "voice.wav"
    spoken.write(microphone)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service() -> Iterator[WholeService]:
    """The service, running, with nobody being rung; its folder goes afterwards."""
    # A socket's path may have 107 bytes; pytest's own folders can be longer.
    folder = Path("/tmp") / f"gk-browser-{uuid4().hex[:12]}"
    with WholeService(folder, quiet_town=True) as running:
        yield running
    shutil.rmtree(folder)
