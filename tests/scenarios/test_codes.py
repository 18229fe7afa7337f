"""Codes that prove a request, over the simulated network: texted, and spoken to a person alone."""

import re
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import select

from simulator.scenario import scenario_from
from storage.house import reading, utc_now
from storage.request_states import ProofWay
from storage.tables import RightsRequest
from tests.scenarios.stage import Stage

PERSON = "+46701740605"
CUSTOMER = {
    "organisation": "consumer-credit",
    "campaign": "after-case",
    "case_reference": "K-1",
    "phone": PERSON,
    "locale": "sv",
}


def person(stage: Stage, *deeds: dict[str, Any], pickup: str = "human") -> None:
    """Somebody who is known, and what they do when the telephone rings."""
    noon = utc_now().replace(hour=11, minute=0) + timedelta(days=1)
    stage.wind(seconds=(noon - utc_now()).total_seconds())  # no telephone rings at night
    call = {"pickup": pickup, "does": list(deeds)}
    stage.install(scenario_from({"customer": {"phone": PERSON}, "calls": [call]}))
    stage.invite(CUSTOMER)


def ask(stage: Stage, way: str) -> str:
    """Ask on the public page for what is kept; the reference."""
    form = {"who": PERSON, "kind": "access", "way": way}
    page = f"{stage.web.origin}/rights/consumer-credit?lang=en"
    answer = requests.post(page, data=form, timeout=20)
    assert answer.ok, answer.text
    stage.work()
    stage.api("log", wait=1)
    return re.findall(r"/consumer-credit/(\d{8})", answer.url)[0]


def proof(stage: Stage, reference: str, code: str) -> ProofWay | None:
    """What the code that is keyed in proves."""
    page = f"{stage.web.origin}/rights/consumer-credit/{reference}?lang=en"
    requests.post(page, data={"code": code}, timeout=20)
    with reading() as session:
        return session.scalars(select(RightsRequest.proof)).one()


def complaints(stage: Stage) -> list[Any]:
    return [one for one in stage.api("log")["entries"] if one["kind"] in ("error", "warning")]


def left(stage: Stage) -> tuple[int, int]:
    """How many calls and messages still lie at the provider."""
    there = stage.api("left")
    return there["calls"]["count"], there["messages"]["count"]


def test_a_code_is_texted_keyed_in_and_gone_from_the_provider(stage: Stage) -> None:
    person(stage)
    arrived: list[Any] = []
    stage.simulator.exchange.on_message(arrived.append)
    reference = ask(stage, "sms")

    (text,) = arrived
    code = re.findall(r"\d{4} \d{4}", text.body)[0]

    assert proof(stage, reference, code) is ProofWay.CODE_BY_SMS
    stage.settle()
    assert (left(stage), complaints(stage)) == ((0, 0), [])


def heard(stage: Stage) -> list[str]:
    return [one["text"] for one in stage.api("log")["entries"] if one["kind"] == "heard"]


def digits(stage: Stage) -> list[str]:
    """What was spoken digit by digit."""
    return [re.sub(r"\D", "", one) for one in heard(stage) if re.fullmatch(r"[\d,. ]+", one)]


def test_a_code_is_spoken_after_a_key_and_proves_the_request(stage: Stage) -> None:
    person(stage, {"on": "press 1", "keys": "1"})
    reference = ask(stage, "call")

    first, again = digits(stage)
    assert first == again
    assert proof(stage, reference, first) is ProofWay.CODE_BY_CALL
    stage.settle()
    assert (left(stage), complaints(stage)) == ((0, 0), [])


def test_a_machine_is_told_no_code(stage: Stage) -> None:
    person(stage, pickup="machine")
    ask(stage, "call")

    assert heard(stage) != []
    assert digits(stage) == []
