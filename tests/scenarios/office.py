"""What happens in an office while people are called: by its own pages, forms and commands alone."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import requests
from sqlalchemy import select

import wsgi
from storage.house import reading
from storage.matters import CaseState
from storage.tables import Case, Export, Hold, Response
from tests.console.browsers import PASSWORD, Browser
from tests.scenarios.stage import Stage

OWNER = ("--organisation", "consumer-credit")


class Office:
    """One clerk of one organisation, who leaves when all is done."""

    def __init__(self, stage: Stage, *, clerk: str) -> None:
        self._origin, self._clerk = stage.web.origin, clerk
        self._commands = wsgi.for_commands().test_cli_runner()
        self._client = wsgi.create_app(stage.house.settings).test_client()

    def work(
        self, *, note: str, reason: str, asker: str, file: Path, meanwhile: Callable[[], None]
    ) -> None:
        """A case is opened, noted in and closed; its person held and let go; a file handed out."""
        self.run("users", "add", self._clerk, "--role", "supervisor", *OWNER, "--password-stdin",
                  told=PASSWORD)  # fmt: skip
        browser = Browser(self._client)
        assert browser.sign_in(self._clerk).status_code == 303
        response = self._only(Response)
        opened = browser.post(
            f"/console/responses/{response}/case", {"kind": "follow_up", "note": note}
        )
        assert opened.status_code == 303
        case = self._only(Case)
        closed = browser.post(f"/console/matters/{case}/step", {"step": CaseState.CLOSED.value})
        assert closed.status_code == 303
        self.run("holds", "add", *OWNER, "--customer-of", str(response), "--reason", reason,
                  "--owner", self._clerk, "--review-on", "2030-01-01")  # fmt: skip
        meanwhile()
        self.run("holds", "release", *OWNER, str(self._only(Hold)))
        self.run("responses", "export", *OWNER, "--out", str(file), "--reason", "other")
        asked = requests.post(
            f"{self._origin}/rights/consumer-credit", data={"who": asker, "kind": "access"},
            timeout=10,
        )  # fmt: skip
        assert asked.ok
        self.run("users", "disable", self._clerk)

    def lose(self, file: Path) -> None:
        """The file that was handed out is deleted, and the book of exports told."""
        file.unlink()
        self.run("exports", "remove", *OWNER, str(self._only(Export)), "--gone")

    def run(self, *command: str, told: str | None = None) -> None:
        """Give that command, which must succeed."""
        done = self._commands.invoke(args=command, input=told)
        assert done.exit_code == 0, (command, done.output, done.stderr)

    def _only(self, table: type[Response | Case | Hold | Export]) -> UUID:
        with reading() as session:
            return session.scalars(select(table.id)).one()
