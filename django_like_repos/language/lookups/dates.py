"""Years as ranges of the column, which an index can serve, and words for a part and a lookup in one."""

from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import types

from django_like_repos.language.kinds import is_expression
from django_like_repos.language.lookups import comparison, membership
from django_like_repos.language.lookups.base import Lookup, register_lookup
from django_like_repos.language.operands import Target, beyond
from django_like_repos.language.transforms import dates
from django_like_repos.mapping.paths import SPELLINGS, Path
from django_like_repos.query import Clause
from django_like_repos.query.shapes import NEVER, VALUE, Pair

_SPELLED: Final = ("eq", "ne", "gt", "gte", "ge", "lt", "lte", "le")

_PARTS: Final[list[type[dates.InZone]]] = [*dates.Part.__subclasses__(), dates.DateOf, dates.TimeOf]

SPELLINGS.update((f"{part.name}_{lookup}", (part.name, lookup)) for part in _PARTS for lookup in _SPELLED)


class _OfYear(Lookup):
    """A comparison with the first or last moment of a year, by the lookup of that name of the column."""

    def read(self, target: Target, value: Any) -> Clause:
        if value is None or is_expression(value) or not _has_bounds(target.path):
            return super().read(target, value)
        year = target.coerce(value)
        side = beyond(year) or (year > date.max.year) - (year < date.min.year)
        return self.read_beyond(target, side) if side else self.read_year(target, year)

    def read_year(self, target: Target, year: int) -> Clause:
        """The condition for a year that dates can have."""
        raise NotImplementedError


class _FromFirst(_OfYear):
    def read_year(self, target: Target, year: int) -> Clause:
        first, _ = _bounds(target.path, year)
        return target.source.atom(Clause(VALUE, (first,)), self.name)


class _ToLast(_OfYear):
    def read_year(self, target: Target, year: int) -> Clause:
        _, last = _bounds(target.path, year)
        return target.source.atom(Clause(VALUE, (last,)), self.name)


@register_lookup(of=dates.Year)
@register_lookup(of=dates.IsoYear)
class YearExact(_OfYear, comparison.Exact):
    def read_year(self, target: Target, year: int) -> Clause:
        return _between(target, year, year)


_OF_YEARS: Final[dict[type[Lookup], type[Lookup]]] = {
    comparison.GreaterThan: _ToLast,
    comparison.GreaterThanOrEqual: _FromFirst,
    comparison.LessThan: _FromFirst,
    comparison.LessThanOrEqual: _ToLast,
}

for _lookup, _kind in _OF_YEARS.items():
    _made = type(f"Year{_lookup.__name__}", (_kind, _lookup), {})
    register_lookup(_made, of=dates.Year)
    register_lookup(_made, of=dates.IsoYear)


@register_lookup(of=dates.Year)
@register_lookup(of=dates.IsoYear)
class YearRange(membership.Range):
    def read(self, target: Target, value: Any) -> Clause:
        read = super().read(target, value)
        if read.shape == NEVER or len(read.params) != 2 or not _has_bounds(target.path):
            return read
        low, high = (min(max(year, date.min.year), date.max.year) for year in read.params)
        if (low, high) != read.params and (read.params[1] < low or read.params[0] > high):
            return Clause(NEVER)
        return _between(target, low, high)


def _between(target: Target, low: int, high: int) -> Clause:
    first, _ = _bounds(target.path, low)
    _, last = _bounds(target.path, high)
    return target.source.atom(Clause(Pair(VALUE, VALUE), (first, last)), "range")


def _has_bounds(path: Path) -> bool:
    """Whether the column holds dates or datetimes as they are, and not in a form of the user's own."""
    assert path.source is not None
    return isinstance(path.source.types[0], (types.Date, types.DateTime))


def _bounds(path: Path, year: int) -> tuple[date, date]:
    """The first and the last value that a year has in the column which the path takes it from."""
    if isinstance(path.transforms[-1], dates.IsoYear):
        first = date.fromisocalendar(year, 1, 1) if year > date.min.year else date.min
        last = _day_before_iso_year(year + 1)
    else:
        first, last = date(year, 1, 1), date(year, 12, 31)
    transform = path.transforms[-1]
    assert isinstance(transform, dates.InZone)
    if isinstance(transform.of, types.Date):
        return first, last
    moments = datetime.combine(first, time.min), datetime.combine(last, time.max)
    if transform.zone_to_read is None:
        return moments
    zone = ZoneInfo(transform.zone_to_read)
    return _instant(moments[0], zone), _instant(moments[1], zone)


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return moment.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        # The first and last hours that a datetime can say are beyond it in another zone.
        return moment.replace(tzinfo=UTC)


def _day_before_iso_year(year: int) -> date:
    if year > date.max.year:
        return date.max
    return date.fromordinal(date.fromisocalendar(year, 1, 1).toordinal() - 1)
