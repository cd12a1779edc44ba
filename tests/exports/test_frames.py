"""``to_pandas()`` and ``to_polars()``, where these are installed; and what is told where they are not."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import QuerySet, UnsupportedOperationError
from django_like_repos.execution.export import packages
from tests.exports.samples import EXPORTED, Sample


async def test_pandas(session: AsyncSession, backend: str) -> None:
    pytest.importorskip("pyarrow")
    pandas: Any = pytest.importorskip("pandas")
    frame: Any = await QuerySet(Sample, session).order_by("id").to_pandas()
    assert frame["small"].dtype == ("int64[pyarrow]" if backend == "sqlite" else "int16[pyarrow]")
    assert frame["small"].isna().tolist() == [False, True, True]
    assert frame["color"].cat.categories.tolist() == ["RED", "BLUE"]
    assert frame["price"].tolist()[0] == EXPORTED[0]["price"]
    assert frame["key"].tolist()[0] == str(EXPORTED[0]["key"])
    assert isinstance(frame, pandas.DataFrame)


async def test_polars(session: AsyncSession, backend: str) -> None:
    pytest.importorskip("pyarrow")
    polars: Any = pytest.importorskip("polars")
    frame: Any = await QuerySet(Sample, session).order_by("id").to_polars()
    assert frame["small"].to_list() == [-3, None, None]
    assert frame["small"].dtype == (polars.Int64 if backend == "sqlite" else polars.Int16)
    assert frame["price"].dtype == polars.Decimal(8, 2)
    assert frame["color"].to_list() == ["BLUE", None, None]
    assert frame["key"].to_list()[0] == str(EXPORTED[0]["key"])


@pytest.mark.parametrize(
    ("call", "missing", "extra"),
    [
        ("to_arrow", "pyarrow", "arrow"),
        ("arrow_batches", "pyarrow", "arrow"),
        ("to_pandas", "pandas", "pandas"),
        ("to_polars", "polars", "polars"),
    ],
)
async def test_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, call: str, missing: str, extra: str
) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == missing else object())
    packages.package.cache_clear()
    with pytest.raises(UnsupportedOperationError) as refused:
        await getattr(QuerySet(Sample), call)()
    assert str(refused.value) == (
        f"{call}() needs {missing}, which is not installed: pip install 'django-like-repos[{extra}]'"
    )
    packages.package.cache_clear()
