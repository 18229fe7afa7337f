"""A user of one organisation meets nothing of another, on any page, by any address."""

from collections.abc import Callable

from sqlalchemy import select

from storage.house import reading, utc_now
from storage.states import MessageState
from storage.tables import Alarm, Invitation, Message, Role
from tests import rows
from tests.console.browsers import Browser
from tests.console.worlds import World, change

SignIn = Callable[..., Browser]
LISTS = (
    "/console/", "/console/overview/live", "/console/responses", "/console/comments",
    "/console/comments/live", "/console/messages", "/console/new-case", "/console/system",
    "/console/campaigns",
)  # fmt: skip


def traces(world: World) -> list[str]:
    """Texts that tell of a world."""
    return [
        world.reference, world.name, world.phone, world.caller, world.campaign.key,
        str(world.response.id), str(world.recording.id), str(world.message.id),
        str(world.comment.id),
    ]  # fmt: skip


def test_no_list_shows_another_organisations_rows(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    rows.add(
        Alarm(
            kind="transcript.failed", subject=str(other_world.recording.id), raised_at=utc_now(),
            organisation_id=other_world.organisation.id,
        )
    )  # fmt: skip
    browser = sign_in(Role.SUPERVISOR, world.organisation)

    for path in LISTS:
        text = browser.get(path).text
        assert [trace for trace in traces(other_world) if trace in text] == [], path
    assert world.reference in browser.get("/console/responses").text


def test_every_address_of_another_organisation_is_404(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    browser = sign_in(Role.SUPERVISOR, world.organisation)
    theirs = other_world
    looks = [
        f"/console/responses/{theirs.response.id}",
        f"/console/recordings/{theirs.recording.id}/audio",
        f"/console/recordings/{theirs.message_recording.id}/audio",
        f"/console/messages/{theirs.message.id}",
        f"/console/cases/{theirs.invitation.id}",
        f"/console/cases/{theirs.invitation.id}/live",
        f"/console/campaigns/{theirs.campaign.id}",
    ]

    for path in looks:
        assert browser.get(path).status_code == 404, path
    for path in (
        f"/console/responses/{theirs.response.id}/contact",
        f"/console/messages/{theirs.message.id}/read",
    ):
        assert browser.post(path).status_code == 404, path
    own = [path.replace(str(theirs.response.id), str(world.response.id)) for path in looks[:1]]
    assert [browser.get(path).status_code for path in own] == [200]


def test_another_organisations_message_stays_unread(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    sign_in(Role.STAFF, world.organisation).post(f"/console/messages/{other_world.message.id}/read")

    with reading() as session:
        message = session.get_one(Message, other_world.message.id)
    assert message.state is MessageState.NEW


def test_filters_do_not_open_another_organisation(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    browser = sign_in(Role.STAFF, world.organisation)

    for path in ("/console/responses", "/console/comments", "/console/comments/live"):
        text = browser.get(f"{path}?campaign={other_world.campaign.id}").text
        assert str(other_world.response.id) not in text
        assert str(world.response.id) not in text


def test_a_case_cannot_be_registered_for_another_organisation(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    browser = sign_in(Role.SUPERVISOR, world.organisation)
    form = {
        "campaign": str(other_world.campaign.id), "case_reference": "X-1", "phone": "0701740633",
    }  # fmt: skip

    assert browser.post("/console/new-case", form).status_code == 404
    with reading() as session:
        found = session.scalars(select(Invitation.id)).all()
    assert set(found) == {world.invitation.id, other_world.invitation.id}


def test_a_user_of_all_organisations_sees_both(
    sign_in: SignIn, world: World, other_world: World
) -> None:
    text = sign_in().get("/console/responses").text

    assert world.reference in text
    assert other_world.reference in text


def test_the_person_stays_closed_until_somebody_may_and_wants_to_see(
    sign_in: SignIn, world: World
) -> None:
    browser, page = sign_in(), f"/console/responses/{world.response.id}"

    before = browser.get(page).text
    opened = browser.post(f"{page}/contact").text
    change(world.response, follow_up="no")
    refused = browser.post(f"{page}/contact")

    assert world.phone not in before
    assert world.name not in before
    assert world.phone in opened
    assert world.name in opened
    assert refused.status_code == 403
    assert world.name not in refused.text
