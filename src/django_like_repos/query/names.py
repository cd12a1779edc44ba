"""``Names``: what the names in a query mean, those of one model, and its times in one zone."""

from functools import lru_cache
from typing import Any, Final

UTC: Final = "UTC"


class Names:
    """The ground on which names are read. There is one object for one meaning, made by ``names()``."""

    __slots__ = ("model", "zone")

    def __init__(self, model: type[Any], zone: str) -> None:
        self.model = model
        self.zone = zone
        """The IANA name of the zone in which the parts of aware datetimes are read."""

    def __repr__(self) -> str:
        return f"{self.model.__name__} in {self.zone}"


def names(model: type[Any], zone: str = UTC) -> Names:
    """The one object of that meaning, so that it can be compared and hashed by identity."""
    meaning: Any = (model, zone)
    return _only(*meaning)


@lru_cache(maxsize=4096)
def _only(model: Any, zone: str) -> Names:
    return Names(model, zone)
