"""Health tells a load balancer the truth."""

from pathlib import Path

import wsgi
from storage.house import House


def test_a_process_with_its_databases_is_alive_and_ready(house: House) -> None:
    client = wsgi.create_app(house.settings).test_client()

    assert client.get("/health/live").json == {"status": "alive"}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "failed": []})


def test_a_keyring_that_is_away_is_named(house: House, tmp_path: Path) -> None:
    client = wsgi.create_app(house.settings).test_client()
    house.keyring.database.engine.dispose()
    for path in tmp_path.glob("keyring.db*"):
        path.unlink()
    (tmp_path / "keyring.db").write_text("this is no database, and long enough to be read as one")

    ready = client.get("/health/ready")

    assert ready.status_code == 503
    assert ready.json == {"status": "not ready", "failed": ["keyring"]}
    assert client.get("/health/live").status_code == 200
