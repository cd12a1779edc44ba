"""The names of fetch modes: what reading an attribute does that its query did not load."""

from typing import Final, Literal

RAISE: Final = "raise"
"""It raises NotLoadedError, which says what to call."""
PEERS: Final = "peers"
"""The same, and what is then loaded for one object is loaded for all that its query gave."""
SQLALCHEMY: Final = "sqlalchemy"
"""SQLAlchemy's own: MissingGreenlet."""

FETCH_MODES: Final = (RAISE, PEERS, SQLALCHEMY)

FetchModeName = Literal["raise", "peers", "sqlalchemy"]
