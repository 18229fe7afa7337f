"""A day or a month as it is typed after a command; for what is none the answer says what is wrong.

What they give has no zone: it is the day of whichever organisation the command is about.
"""

import re
from datetime import datetime
from typing import Any, Final

import click


class Typed(click.DateTime):
    """A day or a month of the calendar, as its first moment."""

    def __init__(self, what: str, form: str, *, written: str, example: str) -> None:
        super().__init__([form])
        self.name = written
        self._what, self._example = what, example
        self._shape = re.compile("-".join(["[0-9]{4}", *["[0-9]{1,2}"] * written.count("-")]))

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment. Fails for what is written otherwise, and for what no calendar has."""
        try:
            moment: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            wrong = f"{value!r} is no {self._what}; write it as {self._example}"
            if self._shape.fullmatch(str(value)):
                wrong = f"there is no such {self._what} as {value}"
            raise click.BadParameter(wrong, ctx, param) from None
        return moment

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How it is written, for the help; an argument is called by its own name."""
        is_option = isinstance(param, click.Option)
        return self.name.upper() if is_option else param.human_readable_name


DAY: Final = Typed("day", "%Y-%m-%d", written="yyyy-mm-dd", example="2026-02-28")
MONTH: Final = Typed("month", "%Y-%m", written="yyyy-mm", example="2026-02")
