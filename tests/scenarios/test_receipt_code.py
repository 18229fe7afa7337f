"""From the call to nothing: the code that was heard opens the answers, and they are deleted."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from config.directory import load_configuration
from config.survey_file import ReceiptCode as Spoken
from messaging.jobs import send_texts
from simulator.scenario import scenario_from
from storage.house import reading, transaction, utc_now
from storage.receipts import What
from storage.states import ProviderCopyState
from storage.tables import (
    Answer,
    Call,
    CallEvent,
    Comment,
    Customer,
    Invitation,
    Organisation,
    ProviderCopy,
    ReceiptCode,
    Recording,
    Response,
    Transcript,
)
from survey import objections
from survey.objections import Source
from survey.organisations import apply
from survey.permission import Method
from tests.scenarios.stage import FILES, ROOT, Stage

DIGITS = re.compile(r"(?:[0-9]{3} ){4}[0-9]{3}")
GROUP = re.compile(r"[0-9], [0-9], [0-9]")


@pytest.fixture
def speaking(stage: Stage) -> Stage:
    """The lender's survey says a code at its end."""
    return tells(stage, Spoken.SPOKEN)


def tells(stage: Stage, how: Spoken) -> Stage:
    files = load_configuration(ROOT / "config")
    survey = files.surveys["credit-after-case"]
    told = survey.model_copy(update={"receipt_code": how})
    with transaction() as session:
        apply(
            session,
            dataclasses.replace(files, surveys=dict(files.surveys) | {survey.key: told}),
            keyring=stage.house.keyring,
            now=utc_now(),
            rings_at_any_hour=True,
        )
    return stage


def test_a_code_heard_on_the_telephone_opens_the_answers_and_takes_every_trace_away(
    speaking: Stage, tmp_path: Path
) -> None:
    stage = speaking
    document = tomllib.loads((FILES / "swedish-comment.toml").read_text("utf-8"))
    document["calls"][0]["does"] += [{"on": "höra det en gång till", "keys": "#"}]
    stage.install(scenario_from(document))
    stage.invite(dict(document["customer"]))
    stage.dial()
    stage.settle()
    played = stage.outcome(dict(document["customer"]), expect={})

    assert played.problems == []
    groups = [one for one in played.heard if GROUP.fullmatch(one)]
    assert len(groups) == 10
    assert groups[:5] == groups[5:]  # the same again, by hash
    code = "".join(groups[:5]).replace(", ", "")
    assert played.heard[-1].startswith("Tack för dina svar")
    assert any(f"{stage.web.origin.removeprefix('http://')}/mine" in one for one in played.heard)
    assert played.line is not None
    assert played.line["status"] == "completed"

    page = f"{stage.web.origin}/mine"
    opened = requests.post(page, data={"code": code}, timeout=30)
    assert opened.status_code == 200
    assert "personalen var mycket trevlig och jag fick hjälp direkt" in opened.text
    word = re.search(r'name="opened" value="([^"]+)"', opened.text)
    sound = re.search(r'<audio[^>]* src="([^"]+)"', opened.text)
    assert word
    assert sound
    heard = requests.get(stage.web.origin + sound[1], headers={"Range": "bytes=0-3"}, timeout=30)
    assert (heard.status_code, heard.content) == (206, b"RIFF")
    form = {"opened": word[1], "answer-satisfaction": "2", "words-comment": "Personalen var bra."}
    corrected = requests.post(f"{page}/correct", data=form, timeout=30)
    assert "Personalen var bra." in corrected.text
    line = stage.outcome(dict(document["customer"]), expect={}).line
    assert line is not None
    assert line["answers"] == {"satisfaction": 2, "recommend": 10}
    with reading() as session:
        items = [*session.scalars(select(Recording.id)), *session.scalars(select(Transcript.id))]
    assert len(stage.house.keyring.keys(items)) == 2

    gone = requests.post(f"{page}/delete", data={"opened": word[1]}, timeout=30)
    stage.settle()

    assert gone.status_code == 200
    with reading() as session:
        for table in (Response, Answer, Comment, Call, CallEvent, Recording, Transcript,
                      ReceiptCode):  # fmt: skip
            assert session.scalar(select(func.count()).select_from(table)) == 0, table
        assert session.scalar(select(func.count()).select_from(Invitation)) == 1
        copies = session.scalars(select(ProviderCopy)).all()
        owner = session.scalars(
            select(Organisation).where(Organisation.key == "consumer-credit")
        ).one()
    assert {one.state for one in copies} == {ProviderCopyState.GONE}
    left = stage.api("left")
    assert {one["count"] for one in left.values()} == {0}
    assert stage.house.keyring.keys(items) == {}
    assert [one for one in (tmp_path / "recordings").rglob("*") if one.is_file()] == []
    receipts = [one.body for one in stage.house.ledger.lines(owner.id) if one.what is What.ERASED]
    assert len(receipts) == 2
    assert all("erasure by receipt code" in one for one in receipts)
    again = requests.post(page, data={"code": code}, timeout=30)
    assert again.status_code == 422
    stage.dial()  # nobody is asked about the same case again
    assert stage.api("left") == left


@pytest.mark.parametrize("wants_texts", [True, False])
def test_a_code_by_text_opens_the_answers_and_is_spoken_to_who_wants_no_texts(
    stage: Stage, wants_texts: bool
) -> None:
    tells(stage, Spoken.SMS)
    document = tomllib.loads((FILES / "norwegian-without-comment.toml").read_text("utf-8"))
    customer = dict(document["customer"])
    stage.install(scenario_from(document))
    stage.invite(customer)
    if not wants_texts:
        with transaction() as session:
            (person,) = session.scalars(select(Customer))
            objections.record(session, person, Method.SMS, source=Source.LETTER, at=utc_now())
    stage.dial()
    played = stage.outcome(customer, expect={})
    send_texts()
    stage.api("log", wait=1)

    told = "Vi sender deg straks en SMS med en kode."
    assert any(one.startswith(told) for one in played.heard) is wants_texts
    assert len([one for one in played.heard if GROUP.fullmatch(one)]) == (0 if wants_texts else 5)
    texts = stage.simulator.exchange.store.messages.newest_first(recipient=customer["phone"])
    bodies = [one.body for one in texts]
    assert len(bodies) == (1 if wants_texts else 0)
    assert played.heard[-1].startswith("Takk for svarene")
    for body in bodies:
        found = DIGITS.search(body)
        assert found
        opened = requests.post(f"{stage.web.origin}/mine", data={"code": found[0]}, timeout=30)
        assert opened.status_code == 200
    stage.settle()
    assert stage.api("left")["messages"]["count"] == 0
