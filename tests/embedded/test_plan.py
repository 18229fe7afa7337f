"""What one machine runs follows from the settings; what an operator sets goes before."""

import socket
from pathlib import Path

from embedded.plan import Ports, environment


def test_what_the_operator_has_set_is_not_overridden(tmp_path: Path) -> None:
    added = environment(
        tmp_path, Ports(8000), {"PUBLIC_BASE_URL": "https://x.example", "MAIL_URL": ""}
    )

    assert "PUBLIC_BASE_URL" not in added
    assert added["MAIL_URL"] == "smtp://127.0.0.1:8003"


def test_a_data_folder_with_a_long_name_still_gets_a_socket_that_fits(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90) / ("e" * 40)

    url = environment(deep, Ports(8000), {})["REDIS_URL"]

    assert len(url.removeprefix("unix://").encode()) < 107


def test_a_port_in_use_is_found(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert port in Ports(port).taken()
