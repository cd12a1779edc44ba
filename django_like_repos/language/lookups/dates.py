"""Years and days as ranges of the column, which an index serves, and words for a part and a lookup in one."""

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


class _OfSpan(Lookup):
    """A comparison with the first or last moment of a year or day, by the column's lookup of that name."""

    def read(self, target: Target, value: Any) -> Clause:
        if value is None or is_expression(value) or not _has_bounds(target.path):
            return super().read(target, value)
        wanted = target.coerce(value)
        side = 0 if isinstance(wanted, date) else _side_of(wanted)
        return self.read_beyond(target, side) if side else self.read_span(target, wanted)

    def read_span(self, target: Target, wanted: int | date) -> Clause:
        """The condition for a year or a day that dates can have."""
        raise NotImplementedError


class _FromFirst(_OfSpan):
    def read_span(self, target: Target, wanted: int | date) -> Clause:
        first, _ = _bounds(target.path, wanted)
        return target.source.atom(Clause(VALUE, (first,)), self.name)


class _ToLast(_OfSpan):
    def read_span(self, target: Target, wanted: int | date) -> Clause:
        _, last = _bounds(target.path, wanted)
        return target.source.atom(Clause(VALUE, (last,)), self.name)


@register_lookup(of=dates.Year)
@register_lookup(of=dates.IsoYear)
@register_lookup(of=dates.DateOf)
class SpanExact(_OfSpan, comparison.Exact):
    def read_span(self, target: Target, wanted: int | date) -> Clause:
        return _between(target, wanted, wanted)


_OF_SPANS: Final[dict[type[Lookup], type[Lookup]]] = {
    comparison.GreaterThan: _ToLast,
    comparison.GreaterThanOrEqual: _FromFirst,
    comparison.LessThan: _FromFirst,
    comparison.LessThanOrEqual: _ToLast,
}

for _lookup, _kind in _OF_SPANS.items():
    _made = type(f"Span{_lookup.__name__}", (_kind, _lookup), {})
    for _part in (dates.Year, dates.IsoYear, dates.DateOf):
        register_lookup(_made, of=_part)


@register_lookup(of=dates.Year)
@register_lookup(of=dates.IsoYear)
@register_lookup(of=dates.DateOf)
class SpanRange(membership.Range):
    def read(self, target: Target, value: Any) -> Clause:
        read = super().read(target, value)
        if read.shape == NEVER or len(read.params) != 2 or not _has_bounds(target.path):
            return read
        low, high = read.params
        if not isinstance(low, date):
            low, high = (min(max(year, date.min.year), date.max.year) for year in read.params)
            if (low, high) != read.params and (read.params[1] < low or read.params[0] > high):
                return Clause(NEVER)
        return _between(target, low, high)


def _side_of(year: int) -> int:
    """Below (-1) or above (1) all years that dates can have; else 0."""
    return beyond(year) or (year > date.max.year) - (year < date.min.year)


def _between(target: Target, low: int | date, high: int | date) -> Clause:
    first, _ = _bounds(target.path, low)
    _, last = _bounds(target.path, high)
    return target.source.atom(Clause(Pair(VALUE, VALUE), (first, last)), "range")


def _has_bounds(path: Path) -> bool:
    """Whether the column holds dates or datetimes as they are, and not in a form of the user's own."""
    assert path.source is not None
    return isinstance(path.source.types[0], (types.Date, types.DateTime))


def _bounds(path: Path, wanted: int | date) -> tuple[date, date]:
    """The first and the last value that a year or day has in the column which the path takes it from."""
    first, last = (wanted, wanted) if isinstance(wanted, date) else _days(path, wanted)
    transform = path.transforms[-1]
    assert isinstance(transform, dates.InZone)
    if isinstance(transform.of, types.Date):
        return first, last
    # Where clocks are put back at midnight, the last moment of a day is the second one of that name.
    moments = datetime.combine(first, time.min), datetime.combine(last, time.max.replace(fold=1))
    if transform.zone_to_read is None:
        return moments[0], moments[1].replace(fold=0)
    zone = ZoneInfo(transform.zone_to_read)
    return _instant(moments[0], zone), _instant(moments[1], zone)


def _days(path: Path, year: int) -> tuple[date, date]:
    """The first and the last day of a year, or of an ISO year."""
    if not isinstance(path.transforms[-1], dates.IsoYear):
        return date(year, 1, 1), date(year, 12, 31)
    first = date.fromisocalendar(year, 1, 1) if year > date.min.year else date.min
    return first, _day_before_iso_year(year + 1)


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
