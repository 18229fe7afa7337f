"""The two families of failure: what may be tried again, and what will stay wrong.

Every error that crosses a room's border belongs to one of them, so whoever drives the work (a job,
the dialler, a webhook) decides by family and never by reading texts.
"""


class TryAgain(Exception):  # noqa: N818 - the name is the instruction to the one who catches it
    """It did not work now and may work later; `after_seconds` is the other side's own wish.

    `may_have_happened` says that the other side may have done what was asked although we got no
    answer: such a wish is looked up before it is repeated, never repeated on a guess.
    """

    def __init__(
        self,
        reason: str,
        *,
        may_have_happened: bool = False,
        after_seconds: float | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.may_have_happened = may_have_happened
        self.after_seconds = after_seconds
        self.code = code


class GiveUp(Exception):  # noqa: N818 - as above
    """It is wrong and stays wrong; `code` is the other side's error code, fit for a row."""

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
