"""The package is written once it is granted, for its owner alone, and numbers are hidden in it."""

import json
import stat
import zipfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from console.package_commands import package_command
from privacy import request_steps, requests
from storage.house import House, reading, transaction
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind, RequestState
from storage.tables import Customer, RightsRequest, Transcript
from tests.privacy.traces import Person, leave_traces
from tests.rows import NOON


def ask(person: Person, kind: RequestKind, *, granted: bool) -> RightsRequest:
    with transaction() as session:
        request = requests.open_request(
            session, session.get_one(Customer, person.customer.id), kind=kind,
            channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        if granted:
            request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)
    return request


def write(person: Person, request: RightsRequest, out: Path) -> Result:
    arguments = [request.reference, "--organisation", person.organisation.key, "--to", str(out)]
    return CliRunner().invoke(package_command, arguments, catch_exceptions=False)


def test_a_granted_request_becomes_a_file_that_its_owner_alone_reads(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house)
    words: list[Any] = [[word, 0, 1, 1] for word in ("ring", "0701740699", "tack")]
    with transaction() as session:
        row = session.get_one(Transcript, person.transcript.id)
        row.words_sealed = house.keyring.seal_one(row.id, "transcript.words", json.dumps(words))
    request = ask(person, RequestKind.ACCESS, granted=True)
    out = tmp_path / "package.zip"

    result = write(person, request, out)

    assert result.stdout == f"1 cases and 1 recordings in {out}\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "0701740699" not in zipfile.ZipFile(out).read("data.json").decode()
    with reading() as session:
        assert session.get_one(RightsRequest, request.id).state is RequestState.DONE
    assert write(person, request, out).exit_code == 0  # it may be written again


def test_before_it_is_granted_there_is_no_package(house: House, tmp_path: Path) -> None:
    person = leave_traces(house)
    out = tmp_path / "package.zip"

    result = write(person, ask(person, RequestKind.ACCESS, granted=False), out)

    assert (result.exit_code, out.exists()) == (2, False)
    assert "once it is proven and granted" in result.stderr


def test_another_wish_has_no_package(house: House, tmp_path: Path) -> None:
    person = leave_traces(house)

    result = write(person, ask(person, RequestKind.RESTRICTION, granted=True), tmp_path / "p.zip")

    assert (result.exit_code, list(tmp_path.glob("p.zip*"))) == (2, [])
