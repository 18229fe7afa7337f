"""Error pages say what is so, and nothing about anybody."""

from collections.abc import Callable

import pytest
from flask import Flask

from storage.blobs import StorageUnreachable
from storage.house import house
from tests.console.browsers import BASE, Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]


def test_a_fault_of_ours_shows_a_page_and_no_inside(
    app: Flask, sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in()

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError(f"secret {world.phone}")

    monkeypatch.setattr("console.comment_cards.newest", break_down)
    answer = browser.get("/console/comments")

    assert answer.status_code == 500
    assert "our side" in answer.text
    for trace in (world.phone, "secret", "RuntimeError", "Traceback"):
        assert trace not in answer.text


def test_a_store_that_does_not_answer_is_said_kindly(
    sign_in: SignIn, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> int:
        raise StorageUnreachable("away", code="storage_unreachable")

    monkeypatch.setattr(type(house().blobs), "length", lambda _self, item: away(item))
    answer = sign_in().get(f"/console/recordings/{world.recording.id}/audio")

    assert answer.status_code == 503
    assert "Nothing was lost" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/console/nowhere", "/console/responses/not-an-id", "/console/recordings/1/audio",
     "/console/responses/", "/console/static/../gate.py", "/console/static/nothing.css"],
)  # fmt: skip
def test_what_is_not_there_is_404(sign_in: SignIn, path: str) -> None:
    assert sign_in().get(path).status_code == 404


def test_no_address_on_any_page_holds_anything_personal(sign_in: SignIn, world: World) -> None:
    browser = sign_in()
    pages = [
        browser.get(path)
        for path in (
            "/console/", "/console/responses", "/console/comments", "/console/messages",
            f"/console/responses/{world.response.id}",
        )
    ]  # fmt: skip
    pages.append(browser.post(f"/console/responses/{world.response.id}/contact"))

    for page in pages:
        links = [part.split('"', 1)[0] for part in page.text.split('href="')[1:]]
        for trace in (world.phone[1:], world.name, world.caller[1:]):
            assert [link for link in links if trace in link] == []


def test_the_consoles_own_files_are_kept_and_change_address_with_content(
    stranger: Browser,
) -> None:
    page = stranger.get("/console/sign-in").text
    address = page.split('stylesheet" href="')[1].split('"')[0]

    answer = stranger.client.get(address, base_url=BASE)
    answer.close()

    assert "?v=" in address
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
