"""The names of places that rows are read from, where a database has replicas."""

from typing import Final, Literal

PRIMARY: Final = "primary"
"""The server that everything is written to."""
REPLICA: Final = "replica"
"""One that follows it, where one may be asked; else the primary."""

PLACES: Final = (PRIMARY, REPLICA)

Place = Literal["primary", "replica"]
