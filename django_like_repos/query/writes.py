"""The names of the forms in which UPDATE and DELETE of rows are said."""

from typing import Final, Literal

KEYS: Final = "keys"
"""The rows chosen by a subquery of keys, the condition repeated on the target."""
DIRECT: Final = "direct"
"""One condition on the target where that says the same."""

FORMS: Final = (KEYS, DIRECT)

Writes = Literal["keys", "direct"]
