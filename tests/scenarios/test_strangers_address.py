"""No address out of a request is ever followed, not even out of one that is signed."""

import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.serving import make_server

from simulator.scenario import scenario_from
from tests.scenarios.stage import FILES, Stage


@contextmanager
def stranger(asked: list[str]) -> Iterator[str]:
    """Somebody else's address, with sound for whoever comes, who writes down who came."""

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "audio/wav")])
        return [b"RIFF"]

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stranger"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no database has a say in it
def test_sound_is_fetched_from_our_provider_whatever_address_a_signed_webhook_names(
    stage: Stage,
) -> None:
    document = tomllib.loads((FILES / "everything-in-english.toml").read_text("utf-8"))
    asked: list[str] = []
    with stranger(asked) as address:
        document["network"] = {"extra": {"RecordingUrl": address}}
        stage.install(scenario_from(document))
        stage.invite(document["customer"])
        stage.dial()
        stage.settle()

    played = stage.outcome(document["customer"], expect={})
    told = {e["webhook"] for e in played.entries if e["kind"] == "webhook"
            and e["fields"].get("RecordingUrl") == address and e["status"] < 300}  # fmt: skip
    fetched = [e["path"] for e in played.entries if e["kind"] == "api"
               and e["method"] == "GET" and e["path"].endswith(".wav")]  # fmt: skip
    assert {"action", "recording"} <= told
    assert asked == []
    assert fetched != []
    assert played.line is not None
    assert [c["transcript"] for c in played.line["comments"]] == document["expect"]["transcripts"]
