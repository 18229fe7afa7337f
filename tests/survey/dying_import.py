"""Imports a file and is killed at its n-th commit: PATH, N, and the moment it is imported at."""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event

from config.settings import load_settings
from storage.house import open_house
from survey.interaction_import import import_file


def main() -> None:
    path, left, moment = Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    house = open_house(load_settings())

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for database in (house.database, house.keyring.database):
        event.listen(database.engine, "commit", count)
    import_file(house, path, organisation="consumer-credit", campaign="after-case", now=moment)


if __name__ == "__main__":
    main()
