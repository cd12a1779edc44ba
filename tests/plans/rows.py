"""The rows of the parcel office: few, with NULLs, ties, empty text, and values just beside each other."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.plans.schema import Depot, Kind, Parcel, Sample, Slot, Stamp, Tag, Van, Vehicle

TOKENS = [UUID(int=number) for number in range(1, 9)]


KINDS = list(Kind)
# Of every column of Sample the value of row n; from 3 on, values that no row has, if the type has so many.
SAMPLES: dict[str, Callable[[int], Any]] = {
    "text": lambda n: f"it's {n}% ?1 :a \\ {chr(0x410 + n % 30)}",
    "short": lambda n: f"ab{n}",
    "mirrored": lambda n: f"ab{n}",
    "whole": lambda n: n,
    "small": lambda n: n,
    "large": lambda n: 2**62 + n,
    "exactly": lambda n: Decimal(n) + Decimal("0.3"),
    "roughly": lambda n: n + 0.3,
    "single": lambda n: n + 0.1,
    "double": lambda n: n + 0.1,
    "cents": lambda n: Decimal(n) / 100,
    "truth": lambda n: n == 1,
    "day": lambda n: date(1900, 1, 1) + timedelta(days=n),
    "moment": lambda n: datetime(1900, 1, 1, 12, 30) + timedelta(days=n, microseconds=n),
    "hour": lambda n: time(n // 3600 % 24, n // 60 % 60, n % 60, n),
    "span": lambda n: timedelta(days=n % 5000, seconds=n),
    "data": lambda n: b"'\x00\xff%?" + n.to_bytes(3, "big"),
    "kind": lambda n: KINDS[min(n, 3) - 1],
    "word": lambda n: KINDS[min(n, 3) - 1].name,
    "token": lambda n: UUID(int=2**127 + n),
    "token_text": lambda n: str(UUID(int=2**127 + n)),
}


def parcel_office() -> list[object]:
    """New instances, in an order in which they can be inserted."""
    depots = [
        Depot(id=1, city="Riga", rank=1),
        Depot(id=2, city="Омск", rank=2),
        Depot(id=3, city="", rank=None),
    ]
    tags = [
        Tag(id=1, name="slow", opaque=3, value=None),
        Tag(id=2, name="fast", opaque=1, value=2),
        Tag(id=3, name="50%_off", opaque=2, value=2),
    ]
    # code, title, rank, floor, weight, ratio, fragile, kind, postage, sent_on, depot, origin, parent, tags
    table: list[tuple[Any, ...]] = [
        ("abc", "Ада", 1, 1, "1.3", 0.5, True, "BOX", "1.50", "2024-01-01", 1, 1, None, (1,)),
        ("abd", "ада", 2, 1, "1.2", 0.25, False, "LETTER", "0.15", "2024-01-02", 2, 1, 1, (1, 2)),
        ("xyz", None, 3, 2, None, None, False, None, None, None, None, 2, 1, ()),
        ("a_c", "100%", None, None, "9.9", 1.5, True, "CRATE", "1.50", "2024-02-01", 3, 2, None, (3,)),
        ("", "", -1, -2, "0.0", 0.0, False, "BOX", "0.00", None, 1, 3, 2, (2, 3)),
        ("z", "a/b_c%", 3, 3, "1.3", None, True, "LETTER", "15.00", "2023-05-05", 2, 1, 5, ()),
        ("abc", "Ада", 1, None, "1.3", 0.5, False, None, "1.50", "2024-01-01", None, 2, None, (1, 3)),
        ("é", "Éric", 0, 0, None, -1.5, True, "BOX", None, "2024-01-02", 1, 1, 7, (2,)),
    ]
    parcels: list[Parcel] = []
    for number, row in enumerate(table, start=1):
        (
            code,
            title,
            rank,
            floor,
            weight,
            ratio,
            fragile,
            kind,
            postage,
            sent,
            depot,
            origin,
            parent,
            tagged,
        ) = row
        parcel = Parcel(
            id=number,
            code=code,
            title=title,
            rank=rank,
            floor=floor,
            weight=weight and Decimal(weight),
            ratio=ratio,
            fragile=fragile,
            kind=kind and Kind[kind],
            token=TOKENS[number - 1],
            postage=postage and Decimal(postage),
            sent_on=sent and date.fromisoformat(sent),
            sent_at=sent and datetime.fromisoformat(f"{sent} 12:30"),
            seal=bytes([0, number, 255, 39]),
            labels={"number": number},
            depot_id=depot,
            origin_id=origin,
            parent=None if parent is None else parcels[parent - 1],
            tags=[tags[tag - 1] for tag in tagged],
        )
        parcels.append(parcel)
    stamps = [
        Stamp(
            id=number,
            text=text,
            rank=rank,
            made_at=made and datetime.fromisoformat(made).replace(tzinfo=UTC),
            parcel_id=parcel,
            depot_id=depot,
        )
        # Some of these moments have another date, month or year in Riga.
        for number, (text, rank, made, parcel, depot) in enumerate(
            [
                ("in", 1, "2024-12-31T22:30", 1, 1),
                ("out", 2, "2024-12-31T21:30", 1, 2),
                ("in", 1, "2025-01-01T00:30", 2, None),
                (None, 3, None, 2, 1),
                ("lost", 5, "2025-06-30T21:30", 4, 3),
                ("in", 2, "2025-06-30T20:30", 6, 2),
                ("out", 2, "2025-01-01T00:30", 6, 2),
                ("in", 1, "2024-12-31T22:30", 8, 1),
            ],
            start=1,
        )
    ]
    samples = [Sample(id=1, **{name: sample(1) for name, sample in SAMPLES.items()})]
    samples += [Sample(id=2, **{name: sample(2) for name, sample in SAMPLES.items()})]
    slots = [
        Slot(aisle=aisle, number=number, name=f"{aisle}/{number}") for aisle in (1, 2) for number in (1, 2)
    ]
    vehicles = [
        Vehicle(id=1, name="cart"),
        Van(id=2, name="white", plate="AB"),
        Van(id=3, name="old", plate="CDE"),
    ]
    return [*depots, *tags, *parcels, *stamps, *samples, *slots, *vehicles]
