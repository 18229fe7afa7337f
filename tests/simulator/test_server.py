"""A network as a whole: starting, stopping, starting again, and the command line."""

import gc
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from twilio.request_validator import RequestValidator

from simulator.server import start

PROJECT = Path(__file__).parents[2]
ACCOUNT, TOKEN = "AC" + "0" * 32, "token"
PERSON, OURS = "+46701740605", "+46846500400"


def begin(folder, **how):
    return start(folder, account_sid=ACCOUNT, auth_token=TOKEN, **how)


def create(network, service, **wanted):
    form = {"To": PERSON, "From": OURS, "Url": service.origin + "/answer"} | wanted
    url = f"{network.origin}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    return requests.post(url, data=form, auth=(ACCOUNT, TOKEN), timeout=9).json()["sid"]


def fetch(network, sid):
    url = f"{network.origin}/2010-04-01/Accounts/{ACCOUNT}/Calls/{sid}.json"
    return requests.get(url, auth=(ACCOUNT, TOKEN), timeout=9).json()


def post(network, path, body):
    return requests.post(f"{network.origin}/simulator/api/{path}", json=body, timeout=9)


def test_nothing_of_a_stopped_network_runs_on(tmp_path, service):
    before = set(threading.enumerate())

    with begin(tmp_path) as network:
        post(network, "settings", {"hold": ["ringing"], "racing": True})
        create(network, service)
        create(network, service)
        assert len(set(threading.enumerate()) - before) >= 3

    gc.collect()
    left = [thread.name for thread in set(threading.enumerate()) - before]
    # A thread of the service's own test server may be at its last breath.
    assert [name for name in left if not name.startswith("Thread-")] == []


def test_calls_and_recordings_survive_a_restart(tmp_path, service):
    service.says("/answer", '<Response><Record action="/recorded"/></Response>')
    script = {"does": [{"speak_seconds": 2, "end_by": "hang_up"}]}
    with begin(tmp_path) as network:
        post(network, "scenario", {"scenario": {"customer": {"phone": PERSON}, "calls": [script]}})
        sid = create(network, service)
        network.exchange.wait(sid, timeout=20)
    url = service.at("/recorded")[0].form["RecordingUrl"]

    with begin(tmp_path) as network:
        assert fetch(network, sid)["status"] == "completed"
        name = url.rpartition("/")[2]
        again = f"{network.origin}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{name}.wav"
        assert requests.get(again, auth=(ACCOUNT, TOKEN), timeout=9).content.startswith(b"RIFF")


@pytest.mark.parametrize(
    ("stage", "status"),
    [("queued", "failed"), ("ringing", "failed"), ("in-progress", "completed")],
)
def test_a_call_under_way_at_the_stop_ends_at_the_next_start(tmp_path, service, stage, status):
    with begin(tmp_path) as network:
        post(network, "settings", {"hold": [stage]})
        post(network, "scenario", {"scenario": {"customer": {"phone": PERSON}, "calls": [{}]}})
        sid = create(network, service, StatusCallback=service.origin + "/status")
        while fetch(network, sid)["status"] != stage:
            pass
    assert service.at("/status") == []

    with begin(tmp_path) as network:
        network.exchange.wait(sid, timeout=20)
        shown = fetch(network, sid)

    assert shown["status"] == status
    assert [one.form["CallStatus"] for one in service.at("/status")] == [status]


def test_a_public_address_is_reached_on_this_machine_and_signed_as_public(tmp_path, service):
    service.says("/voice/answer", "<Response><Hangup/></Response>")
    with begin(tmp_path, webhook_base=service.origin) as network:
        post(network, "scenario", {"scenario": {"customer": {"phone": PERSON}, "calls": [{}]}})
        sid = create(network, service, Url="https://genklang.example/voice/answer")
        network.exchange.wait(sid, timeout=20)

    (asked,) = service.at("/voice/answer")
    assert asked.headers["Host"] == "genklang.example"
    mark = asked.headers["X-Twilio-Signature"]
    url = "https://genklang.example/voice/answer"
    assert RequestValidator(TOKEN).validate(url, asked.form, mark)


def test_it_listens_on_this_machine_only(tmp_path):
    with pytest.raises(ValueError, match="this machine only"):
        begin(tmp_path, host="0.0.0.0")  # noqa: S104 - that is the point


def test_it_says_that_it_is_a_simulation(tmp_path):
    with begin(tmp_path) as network:
        assert requests.get(network.origin, timeout=9).text.startswith("simulation:")


def test_the_command_line_starts_and_ends_it(tmp_path):
    command = [
        sys.executable, "-m", "simulator", "--port", "0", "--data", str(tmp_path),
        "--account-sid", ACCOUNT, "--auth-token", TOKEN, "--clock", "virtual",
        "--number", "+46846500411",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline(), process.stdout.readline()]
            origin = lines[1].rpartition(" ")[2].strip()
            url = f"{origin}/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json"
            (number,) = requests.get(url, auth=(ACCOUNT, TOKEN), timeout=9).json()[
                "incoming_phone_numbers"
            ]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    assert lines[0].startswith("simulation")
    assert number["phone_number"] == "+46846500411"
