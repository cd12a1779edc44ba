"""Values within expressions are bound as those beside them are, and refused as those."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, InvalidLookupValueError, QuerySet, Value
from tests.values.kinds import EAST, KINDS, NAN
from tests.values.schema import Exhibit
from tests.values.test_accepted import found

ALIKE = [
    *(
        "string",
        "integer",
        "small",
        "big",
        "truth",
        "exact",
        "double",
        "day",
        "naive",
        "aware",
        "hour",
        "span",
    ),
    *("blob", "uuid"),
]


@pytest.mark.by_turns
@pytest.mark.parametrize("column", ALIKE)
async def test_a_value_is_what_it_is_without_an_expression(museum: AsyncSession, column: str) -> None:
    low = KINDS[column].low
    rows = QuerySet(Exhibit, museum)

    assert await found(rows.filter(**{column: Value(low)})) == [1]
    assert await found(rows.filter(**{f"{column}__in": [Value(low), KINDS[column].high]})) == [1, 2]


async def test_a_moment_is_the_same_in_every_zone(museum: AsyncSession) -> None:
    assert await found(
        QuerySet(Exhibit, museum).filter(aware=Value(datetime(2026, 1, 2, 3, tzinfo=EAST)))
    ) == [1]


WRONG: list[Any] = [NAN, Decimal("NaN"), Decimal("Infinity"), "a\0", "\ud800", 2**63, 10**5000]


@pytest.mark.parametrize(
    "value", WRONG, ids=["nan", "no decimal", "infinity", "nul", "surrogate", "large", "huge"]
)
@pytest.mark.parametrize("column", ["double", "string", "integer"])
def test_what_is_no_value_beside_an_expression_is_none_within(column: str, value: Any) -> None:
    for expression in (Value(value), F(column) + value):
        with pytest.raises(InvalidLookupValueError, match="in an expression"):
            QuerySet(Exhibit).filter(**{column: expression})
