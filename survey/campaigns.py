"""Starting, pausing and stopping campaigns."""

from sqlalchemy.orm import Session

from storage.states import CampaignState
from survey.places import find_campaign


def set_state(session: Session, *, organisation: str, campaign: str, to: CampaignState) -> bool:
    """Whether the campaign changed its state; it may be in that state already.

    A campaign that does not run keeps its invitations, and whatever becomes too old meanwhile
    expires. A call that is in progress goes on. Raises UnknownPlaceError.
    """
    _, found = find_campaign(session, organisation=organisation, campaign=campaign)
    if found.state is to:
        return False
    found.state = to
    return True
