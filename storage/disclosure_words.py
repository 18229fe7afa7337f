"""The words of the log of disclosures: on which ground people's data were handed out."""

from enum import StrEnum


class DisclosureGround(StrEnum):
    """Why somebody outside was given something of a person."""

    # A law says that it must be handed out.
    LEGAL_DUTY = "legal_duty"
    # An authority or a court asked for it, and may.
    AUTHORITY = "authority"
    # It was needed for a claim: by a lawyer, an insurer, a debt collector.
    LEGAL_CLAIM = "legal_claim"
    CONTRACT = "contract"
    CONSENT = "consent"
