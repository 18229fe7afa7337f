"""What an operator types about people's requests, and what then is done."""

from datetime import timedelta
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import select

from messaging import request_lines
from messaging.rights_commands import rights_group
from privacy import request_steps
from storage.house import House, reading, transaction, utc_now
from storage.request_states import Outcome, RequestState
from storage.tables import Call, Customer, Objection, Restriction, RightsRequest
from survey.places import find_organisation
from tests.rows import make_call, make_customer

PLACE = ("--organisation", "consumer-credit")
PHONE = "070-174 06 05"


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(rights_group, list(arguments), input=typed, catch_exceptions=False)


def ask(kind: str) -> str:
    result = run(kind, *PLACE, typed=f"{PHONE}\n")
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_a_request_gets_a_reference_and_is_listed_with_the_days_that_are_left(
    shipped: House,
) -> None:
    reference = ask("erase")

    listed = run("list", *PLACE).stdout

    assert listed.startswith(f"{reference} erasure (staff), received, due ")
    assert "days left" in listed
    assert "174" not in listed.replace(reference, "")


def test_the_time_that_is_left_is_that_of_the_console_and_ends_at_a_moment(shipped: House) -> None:
    ask("access")
    (request,) = rows(RightsRequest)
    due = request.due_at

    left = [
        request_lines.time_left(request, now=due + timedelta(hours=hours))
        for hours in (-49, -48, -2, 0, 2, 30)
    ]

    assert left == [
        "2 days left", "2 days left", "2 hours left", "under a minute left", "2 hours late",
        "1 day late",
    ]  # fmt: skip


def test_asking_again_is_a_request_of_its_own_and_said_to_be_asked_before(shipped: House) -> None:
    first = ask("access")
    run("decide", first, "refused", *PLACE, "--ground", "identity_not_proven")

    again = ask("access")

    told = run("show", again, *PLACE).output
    assert "asked before; who asks is proven anew" in told
    assert "asked before" not in run("show", first, *PLACE).output


def test_a_no_is_done_at_once_without_any_proof(shipped: House) -> None:
    reference = ask("object")

    (stored,) = rows(RightsRequest)
    assert (stored.state, len(rows(Objection))) == (RequestState.DONE, 1)
    assert run("told", reference, *PLACE).exit_code == 0
    assert run("list", *PLACE).stdout == "no request waits for an answer\n"


def test_what_is_not_proven_cannot_be_granted(shipped: House) -> None:
    reference = ask("access")

    refused = run("decide", reference, "granted", *PLACE)

    assert refused.exit_code == 2
    assert "it is not proven who asks; prove it first" in refused.stderr


def test_from_receipt_to_answer_each_step_is_shown(shipped: House) -> None:
    reference = ask("information")

    run("prove", reference, *PLACE, "--by", "called_back")
    assert run("decide", reference, "granted", *PLACE).stdout == f"{reference}: done\n"
    run("told", reference, *PLACE)
    shown = run("show", reference, *PLACE).stdout

    for word in ("received ", "proven ", "granted ", "done ", "answered "):
        assert f"\n{word}" in shown


def test_a_refusal_is_shown_with_its_ground(shipped: House) -> None:
    reference = ask("erase")

    run("decide", reference, "refused", *PLACE, "--ground", "identity_not_proven")

    assert "(identity_not_proven)" in run("show", reference, *PLACE).stdout


def test_a_reference_of_another_organisation_is_unknown(shipped: House) -> None:
    reference = ask("erase")

    result = run("show", reference, "--organisation", "software")

    assert result.exit_code == 2
    assert f"has no request {reference}" in result.stderr


def test_a_right_that_the_organisation_does_not_offer_may_be_asked_all_the_same(
    shipped: House,
) -> None:
    result = run("take-along", "--organisation", "debt-collection", typed="+46701740605\n")

    assert result.exit_code == 0
    listed = run("list", "--organisation", "debt-collection").stdout
    assert "not among the rights offered" in listed


def test_an_erasure_is_granted_done_and_proven_in_one_command(shipped: House) -> None:
    with reading() as session:
        make_customer(find_organisation(session, "consumer-credit"))
    reference = ask("erase")
    run("prove", reference, *PLACE, "--by", "called_back")

    assert run("decide", reference, "granted", *PLACE).stdout == f"{reference}: done\n"

    assert rows(Customer) == []
    told = run("proof", reference, *PLACE).stdout.splitlines()
    assert [line.split()[0] for line in told[:3]] == ["1", "1", "0"]
    assert told[3] != "lines none"


def test_a_request_that_is_taken_back_is_closed_and_the_log_keeps_it(shipped: House) -> None:
    reference = ask("access")

    taken_back = run("withdraw", reference, *PLACE, "--by", "called_back")

    assert taken_back.stdout == f"{reference}: withdrawn\n"
    assert run("list", *PLACE).stdout == "no request waits for an answer\n"
    assert "withdrawn " in run("show", reference, *PLACE).stdout
    assert run("withdraw", reference, *PLACE, "--by", "called_back").exit_code == 2
    assert run("decide", reference, "withdrawn", *PLACE).exit_code == 2


def test_an_erasure_that_is_being_done_is_not_taken_back(shipped: House) -> None:
    with reading() as session:
        make_customer(find_organisation(session, "consumer-credit"), phone="+46701740605")
    reference = ask("erase")
    run("prove", reference, *PLACE, "--by", "called_back")
    with transaction() as session:  # and the worker has not come to it yet
        request_steps.decide(
            session, session.scalars(select(RightsRequest)).one(), outcome=Outcome.GRANTED,
            at=utc_now(),
        )  # fmt: skip

    refused = run("withdraw", reference, *PLACE, "--by", "called_back")

    assert refused.exit_code == 2
    assert "being done" in refused.output
    assert rows(RightsRequest)[0].state is RequestState.DECIDED


def test_an_objection_to_another_use_freezes_until_it_is_refused_and_told(shipped: House) -> None:
    with reading() as session:
        make_customer(find_organisation(session, "consumer-credit"), phone="+46701740605")
    reference = ask("object-to-use")
    assert f"{reference} objection_to_use (staff), received" in run("list", *PLACE).stdout
    assert run("decide", reference, "granted", *PLACE).exit_code == 2
    run("prove", reference, *PLACE, "--by", "called_back")
    (restriction,) = rows(Restriction)
    assert (restriction.cause, restriction.lifted_at) == ("objection_pending", None)

    refused = run("decide", reference, "refused", *PLACE, "--ground", "overriding_grounds")
    run("told", reference, *PLACE)

    assert refused.stdout == f"{reference}: done\n"
    assert rows(Restriction)[0].lifted_at is not None
    assert len(rows(Customer)) == 1


def test_an_objection_to_another_use_that_is_granted_deletes_what_is_kept(shipped: House) -> None:
    with reading() as session:
        make_customer(find_organisation(session, "consumer-credit"), phone="+46701740605")
    reference = ask("object-to-use")
    run("prove", reference, *PLACE, "--by", "called_back")

    assert run("decide", reference, "granted", *PLACE).stdout == f"{reference}: done\n"

    assert rows(Customer) == []
    assert run("proof", reference, *PLACE).stdout.splitlines()[3] != "lines none"


def test_who_offers_objections_offers_both_kinds(shipped: House) -> None:
    ask("object-to-use")

    assert "not among the rights offered" not in run("list", *PLACE).stdout


def test_what_is_left_out_is_listed_and_named_by_its_id(shipped: House) -> None:
    with reading() as session:
        owner = find_organisation(session, "consumer-credit")
    make_customer(owner, phone="+46701740605")
    kept, gone = (make_call(owner.id, caller="+46701740605") for _ in range(2))
    reference = ask("erase")
    run("prove", reference, *PLACE, "--by", "called_back")

    listed = run("parts", reference, *PLACE).stdout
    partly = ("decide", reference, "partly", *PLACE, "--ground", "legal_duty")
    decided = run(*partly, "--leave-out", str(kept.id))

    assert {line.split()[0] for line in listed.splitlines()} == {str(kept.id), str(gone.id)}
    assert decided.stdout == f"{reference}: done\n"
    assert [one.id for one in rows(Call)] == [kept.id]
    assert "left out: call to us of 20" in run("show", reference, *PLACE).stdout


def test_what_it_is_about_is_asked_for_and_shown(shipped: House) -> None:
    asked = run("object-to-use", *PLACE, "--about", typed=f"{PHONE}\nmeddelandet i mars\n")

    reference = asked.stdout.strip().splitlines()[-1]
    assert (asked.exit_code, reference.isdigit()) == (0, True)
    assert "about: meddelandet i mars" in run("show", reference, *PLACE).stdout
    assert "mars" not in run("list", *PLACE).stdout
