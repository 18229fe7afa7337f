"""One migration head, and tables in code equal to tables migrated, there and back."""

import sys
import tempfile
from pathlib import Path

from alembic.script import ScriptDirectory

from storage import schema
from storage.database import Database


def main() -> int:
    """0 when all is well; prints what is not."""
    heads = ScriptDirectory(str(schema.MIGRATIONS)).get_heads()
    if len(heads) != 1:
        print(f"there are {len(heads)} migration heads: {', '.join(heads)}; merge them")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'check.db'}")
        try:
            schema.upgrade(database)
            different = schema.differences(database)
            schema.downgrade(database)
            schema.upgrade(database)
        finally:
            database.close()
    for difference in different:
        print(f"tables and migrations differ: {difference}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
