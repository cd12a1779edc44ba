"""The rows of the parcel office: few, with NULLs, ties, empty text, and values just beside each other."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.plans.schema import Depot, Kind, Parcel, Stamp, Tag

TOKENS = [UUID(int=number) for number in range(1, 9)]


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
    # fmt: off
    table: list[tuple[Any, ...]] = [
        # code, title, rank, floor, weight, ratio, fragile, kind, postage, sent_on, depot, origin, parent, tags
        ("abc", "Ада",    1,    1,    "1.3", 0.5,  True,  Kind.BOX,    "1.50", (2024, 1, 1), 1,    1, None, (1,)),
        ("abd", "ада",    2,    1,    "1.2", 0.25, False, Kind.LETTER, "0.15", (2024, 1, 2), 2,    1, 1,    (1, 2)),
        ("xyz", None,     3,    2,    None,  None, False, None,        None,   None,         None, 2, 1,    ()),
        ("a_c", "100%",   None, None, "9.9", 1.5,  True,  Kind.CRATE,  "1.50", (2024, 2, 1), 3,    2, None, (3,)),
        ("",    "",       -1,   -2,   "0.0", 0.0,  False, Kind.BOX,    "0.00", None,         1,    3, 2,    (2, 3)),
        ("z",   "a/b_c%", 3,    3,    "1.3", None, True,  Kind.LETTER, "15.00", (2023, 5, 5), 2,   1, 5,    ()),
        ("abc", "Ада",    1,    None, "1.3", 0.5,  False, None,        "1.50", (2024, 1, 1), None, 2, None, (1, 3)),
        ("é",   "Éric",   0,    0,    None,  -1.5, True,  Kind.BOX,    None,   (2024, 1, 2), 1,    1, 7,    (2,)),
    ]
    # fmt: on
    parcels: list[Parcel] = []
    for number, row in enumerate(table, start=1):
        code, title, rank, floor, weight, ratio, fragile, kind, postage, sent, depot, origin, parent, tagged = row
        parcel = Parcel(
            id=number,
            code=code,
            title=title,
            rank=rank,
            floor=floor,
            weight=None if weight is None else Decimal(weight),
            ratio=ratio,
            fragile=fragile,
            kind=kind,
            token=TOKENS[number - 1],
            postage=None if postage is None else Decimal(postage),
            sent_on=None if sent is None else date(*sent),
            sent_at=None if sent is None else datetime(*sent, 12, 30),
            seal=bytes([0, number, 255, 39]),
            labels={"number": number},
            depot_id=depot,
            origin_id=origin,
            parent=None if parent is None else parcels[parent - 1],
            tags=[tags[tag - 1] for tag in tagged],
        )
        parcels.append(parcel)
    stamps = [
        Stamp(id=number, text=text, rank=rank, parcel_id=parcel, depot_id=depot)
        for number, (text, rank, parcel, depot) in enumerate(
            [
                ("in", 1, 1, 1),
                ("out", 2, 1, 2),
                ("in", 1, 2, None),
                (None, 3, 2, 1),
                ("lost", 5, 4, 3),
                ("in", 2, 6, 2),
                ("out", 2, 6, 2),
                ("in", 1, 8, 1),
            ],
            start=1,
        )
    ]
    return [*depots, *tags, *parcels, *stamps]
