"""Serves the static document that callers hear when the application is down.

`python -m embedded.fallback PORT` stands in for any static web server: the documents are plain
files under `ivr/fallback/`, fetched by GET, and need nothing of the application.
"""

import functools
import http.server
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "ivr" / "fallback"


class Documents(http.server.SimpleHTTPRequestHandler):
    """GET only, XML typed as the provider wants it, no log of addresses."""

    extensions_map = {".xml": "text/xml; charset=utf-8"}  # noqa: RUF012 - as the base class has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - base class's name
        """Nothing."""


def server(port: int) -> http.server.ThreadingHTTPServer:
    """A server of the documents on a loopback port, not yet serving."""
    handler = functools.partial(Documents, directory=str(FOLDER))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def main() -> None:
    """Serve on the loopback port given."""
    server(int(sys.argv[1])).serve_forever()


if __name__ == "__main__":
    main()
