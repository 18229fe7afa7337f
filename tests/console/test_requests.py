"""The officer's list of what people asked about their data: urgent first, and nobody named."""

from collections.abc import Callable
from datetime import timedelta

from storage.house import utc_now
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.tables import RightsRequest, Role
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World

SignIn = Callable[..., Browser]


def ask(
    world: World, reference: str, *, days_ago: int, state: RequestState = RequestState.RECEIVED
) -> None:
    at = utc_now() - timedelta(days=days_ago, minutes=5)
    rows.add(
        RightsRequest(
            organisation_id=world.organisation.id, customer_id=world.invitation.customer_id,
            kind=RequestKind.ERASURE, channel=RequestChannel.TELEPHONE, state=state,
            reference=reference, received_at=at, due_at=at + timedelta(days=30),
        )
    )  # fmt: skip


def test_open_requests_are_listed_the_most_urgent_first(sign_in: SignIn, world: World) -> None:
    ask(world, "11111111", days_ago=2)
    ask(world, "22222222", days_ago=33)
    ask(world, "33333333", days_ago=5, state=RequestState.TOLD)

    page = sign_in(Role.OFFICER, world.organisation).get("/console/requests").text

    assert "2 open" in page
    assert page.index("22222222") < page.index("11111111")
    assert "3 days late" in page
    assert "27 days left" in page
    assert "2 days ago" in page
    assert "33333333" not in page


def test_the_list_names_nobody(sign_in: SignIn, world: World) -> None:
    ask(world, "11111111", days_ago=2)

    page = sign_in(Role.OFFICER, world.organisation).get("/console/requests").text

    for secret in (world.name, world.phone, world.reference, str(world.invitation.customer_id)):
        assert secret not in page


def test_another_organisations_requests_are_not_shown(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    ask(other_world, "11111111", days_ago=2)

    page = sign_in(Role.OFFICER, world.organisation).get("/console/requests").text

    assert "11111111" not in page
    assert "No open requests" in page


def test_the_page_is_the_officers_and_operators_see_how_many_wait(
    sign_in: SignIn, world: World
) -> None:
    ask(world, "11111111", days_ago=25)

    assert sign_in(Role.STAFF, world.organisation).get("/console/requests").status_code == 403
    system = sign_in(Role.OPERATOR, world.organisation).get("/console/system").text
    row = system.split("Requests about data", 1)[1].split("</tr>", 1)[0]
    assert ">1<" in row
    assert "25 days" in row
    assert "late" in row


def test_the_menu_leads_the_officer_there_and_nobody_else(sign_in: SignIn, world: World) -> None:
    link = 'href="/console/requests"'

    assert link in sign_in(Role.OFFICER, world.organisation).get("/console/").text
    assert link not in sign_in(Role.SUPERVISOR, world.organisation).get("/console/").text
