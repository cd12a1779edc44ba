"""The words that mean the same on both sides, and what a value is before either side has seen it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.matrix.schema import Color

WORDS: Final[dict[str, Any]] = {
    "Color": Color,
    "Decimal": Decimal,
    "UTC": UTC,
    "UUID": UUID,
    "ZoneInfo": ZoneInfo,
    "date": date,
    "datetime": datetime,
    "time": time,
    "timedelta": timedelta,
}


class Spoken:
    """What each side has its own for: an expression, a queryset, an instance."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __getattr__(self, name: str) -> type["Spoken"]:
        return Spoken

    def __getitem__(self, index: object) -> "Spoken":
        return self


class Expression(Spoken):
    pass


class Rows(Spoken):
    pass


class Instance(Spoken):
    pass


_NEUTRAL: Final = {
    **WORDS,
    "F": Expression,
    "Box": Rows(),
    "Specimen": Rows(),
    "box": Instance,
    "specimen": Instance,
}


def value_of(source: str) -> Any:
    """The value of a question, with stand-ins for what belongs to one side."""
    return eval(source, dict(_NEUTRAL))
