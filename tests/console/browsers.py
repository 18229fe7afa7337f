"""A signed-in browser without a window: it sends the forms' token and checks every page."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.page_checks import check_page

PASSWORD = "a password of the tests"
BASE = "https://genklang.example"


class Browser:
    """A client that signs in, sends the form's token along, and checks each page it is given."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._checked(self.client.get(path, base_url=BASE, **more))

    def post(self, path: str, form: dict[str, str] | None = None, **more: Any) -> TestResponse:
        data = {"csrf_token": self.token()} | (form or {})
        return self._checked(self.client.post(path, base_url=BASE, data=data, **more))

    def token(self) -> str:
        """The token of the forms of this browser's session."""
        page = self.client.get("/console/sign-in", base_url=BASE, follow_redirects=True)
        return page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/console/sign-in", {"name": name, "password": password})

    def _checked(self, answer: TestResponse) -> TestResponse:
        check_page(answer)
        return answer
