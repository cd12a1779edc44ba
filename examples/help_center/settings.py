"""Where the help centre keeps its data."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """The database to use: `HELP_CENTER_DATABASE_URL`, or else an SQLite file in the checkout."""
    return os.environ.get("HELP_CENTER_DATABASE_URL", f"sqlite+aiosqlite:///{CHECKOUT / 'help_center.db'}")
