"""Rows that are brought, told apart from those that are there, and written: the same for every upsert.

What is there is looked up, what is not is inserted unless somebody else was first, and then what is there is
locked, in one order for all, so that of two that bring the same rows neither waits for the other in a circle:
who inserts holds no locks of rows yet, and who locks waits for no insert. SQLite lets one transaction write,
and what was looked up there stays.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Mapper

from django_like_repos.clauses.conflicts import Conflict, Matched
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.bulk.feeds import fed
from django_like_repos.execution.bulk.numbers import is_counted, last_number
from django_like_repos.execution.objects import key_in, keys_in
from django_like_repos.mapping.layout import Layout, layout_of
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.uniqueness import unique_keys
from django_like_repos.query import Query
from django_like_repos.statements.feeds import FedColumn, Source
from django_like_repos.statements.upserts import (
    Asked,
    changed_rows,
    changes_of,
    condition_of,
    fed_columns,
    found_rows,
    inserted_or_updated_rows,
    inserted_rows,
    is_packable,
    key_columns,
    key_name,
    read_by,
    updated_rows,
)

Numbers = Sequence[int]


class GoneMeanwhileError(Exception):
    """Others have deleted rows that were there: nobody inserts who holds locks, so all begins anew."""


class Found(NamedTuple):
    """Rows that are there, by the numbers of those that were brought."""

    keys: dict[int, Any]
    left: set[int]
    """Those that are not to be changed."""


class Outcome(NamedTuple):
    """What became of the rows that were brought."""

    created: list[Any]
    """Keys of rows."""
    found: Found
    """The others."""

    @property
    def updated(self) -> list[Any]:
        keys, left = self.found
        return [key for number, key in keys.items() if number not in left] if left else [*keys.values()]

    @property
    def untouched(self) -> list[Any]:
        keys, left = self.found
        return [key for number, key in keys.items() if number in left] if left else []


class Matching:
    """One write of rows that are matched with those that are there."""

    def __init__(
        self, connection: Connection, query: Query, conflict: Conflict, rows: Matched, *, placed: bool
    ) -> None:
        self._connection = connection
        self._model = query.model
        self._mapper: Mapper[Any] = mapper_of(query.model)
        self._conflict = conflict
        self._rows = rows
        self._where = condition_of(conflict, query, connection.dialect)
        self.changes = [changes_of(conflict, query, group) for group in rows.groups]
        """What is set in the rows of each group, by attribute."""
        self._shared = connection.dialect.name != "sqlite"
        self._read = [read_by(self._model, changes.values()) for changes in self.changes]
        asked = read_by(self._model, [] if self._where is None else [self._where])
        self._compared = tuple(dict.fromkeys([*conflict.match, *asked]))
        for group, read in zip(rows.groups, self._read, strict=True):
            self._check_brought(group, (*self._compared, *read))
        packed = self._where is None and is_packable(self._mapper, connection.dialect)
        weak = not any(self._sets_keys(changes) for changes in self.changes)
        self._asked = Asked(conflict, self._where, weak=weak, packed=packed)
        self._placed = placed
        self._unmatched: dict[int, Any] = {}
        """Keys of new rows that nothing finds again, since they have no value to be told apart by."""

    def run(self) -> Outcome:
        """Writes the rows."""
        return self._beside_others() if self._shared else self._alone()

    def located(self, numbers: Numbers) -> dict[int, Any]:
        """The keys of rows that are there by now."""
        left = [number for number in numbers if number not in self._unmatched]
        return {**self._look(left).keys, **self._unmatched}

    def _check_brought(self, group: Any, keys: Iterable[str]) -> None:
        for key in keys:
            if key not in group.keys:
                raise UnsupportedOperationError(
                    f"{self._conflict.verb}(), row {group.places[0]}: it has no {key}, of which "
                    "Proposed() speaks"
                )

    def _alone(self) -> Outcome:
        """For SQLite, where nobody else writes: what is there stays so."""
        every = range(len(self._rows.rows))
        numbered = self._numbered()
        if numbered is not None:
            return self._at_once(every, numbered)
        there = self._look(every)
        missing = [number for number in every if number not in there.keys]
        created = self._insert(missing)
        self._check(len(created) == len(missing), there)
        self._update(there)
        return Outcome(created, there)

    def _numbered(self) -> Layout | None:
        """The table, where all can be one statement, and numbers tell which rows are new."""
        layout, groups = layout_of(self._mapper), self._rows.groups
        if layout is None or layout.number is None or len(groups) != 1 or not self.changes[0]:
            return None
        if (
            self._placed
            or self._where is not None
            or {*layout.keys} & {layout.by_key[key] for key in groups[0].keys}
        ):
            return None
        return layout if is_counted(self._connection, layout, unchecked=True) else None

    def _at_once(self, every: Numbers, layout: Layout) -> Outcome:
        (group,), (changes,) = self._rows.groups, self.changes
        last = last_number(self._connection, layout)

        def say(source: Source) -> Any:
            return inserted_or_updated_rows(self._mapper, group, self._conflict, changes, source)

        answers = fed(self._connection, fed_columns(self._model, group.keys), self._rows.rows, say)
        keys = [key for answer in answers for key in keys_in(answer.rows)]
        found = Found(dict(enumerate([key for key in keys if key <= last])), set())
        created = [key for key in keys if key > last]
        self._check(len({*keys}) == len(every), found)
        return Outcome(created, found)

    def _beside_others(self) -> Outcome:
        every = range(len(self._rows.rows))
        there = self._look(every).keys
        open_: Numbers = sorted(there)
        missing: Numbers = [number for number in every if number not in there]
        created = self._insert(missing)
        if len(created) == len(missing):
            found = locked = self._change(open_)
        else:
            # Others have inserted some meanwhile: which, the keys tell of those that are ours.
            open_ = sorted([*open_, *missing])
            locked, own = self._look(open_, locks=True), {*created}
            found = Found({at: key for at, key in locked.keys.items() if key not in own}, locked.left)
            self._update(found)
        if len(locked.keys) != len(open_):
            raise GoneMeanwhileError
        self._check(len(created) + len(found.keys) == len(every), found)
        return Outcome(created, Found(dict(sorted(found.keys.items())), found.left))

    def _check(self, complete: bool, found: Found) -> None:
        if not complete or len({*found.keys.values()}) != len(found.keys):
            raise UnsupportedOperationError(
                f"{self._conflict.verb}(): rows that differ in {', '.join(self._conflict.match)} are one row "
                "to the database, by its collation, or it keeps one from being written"
            )

    def _look(self, numbers: Numbers, *, locks: bool = False) -> Found:
        """Those of the rows that are there."""
        asked = self._asked._replace(locks=locks)

        def say(source: Source) -> Any:
            return found_rows(self._mapper, source, asked)

        return self._found(numbers, self._compared, say)

    def _change(self, numbers: Numbers) -> Found:
        """The same, locked and updated."""
        if len(self._rows.groups) != 1 or not self.changes[0]:
            found = self._look(numbers, locks=True)
            self._update(found)
            return found
        asked, changes, read = self._asked._replace(locks=True), self.changes[0], self._read[0]

        def say(source: Source) -> Any:
            return changed_rows(self._mapper, source, asked, changes, read)

        return self._found(numbers, tuple(dict.fromkeys([*self._compared, *read])), say)

    def _found(self, numbers: Numbers, keys: Sequence[str], say: Callable[[Source], Any]) -> Found:
        found = Found({}, set())
        if not len(numbers):
            return found
        width = len(key_columns(self._mapper))
        for answer in fed(self._connection, fed_columns(self._model, keys), self._values(numbers, keys), say):
            mine = numbers[answer.first : answer.first + answer.count]
            rows = answer.rows
            if self._asked.packed:
                ((places, their_keys),) = rows
                found.keys.update(zip(map(mine.__getitem__, places or ()), their_keys or (), strict=True))
            elif width == 1:
                found.keys.update([(mine[row[0]], row[1]) for row in rows])
            else:
                found.keys.update([(mine[row[0]], key_in(row[1 : width + 1])) for row in rows])
            if self._where is not None:
                found.left.update([mine[row[0]] for row in rows if not row[width + 1]])
        group_of = self._rows.group_of
        if group_of is None:
            found.left.update(() if self.changes[0] else found.keys)
        else:
            found.left.update([number for number in found.keys if not self.changes[group_of[number]]])
        return found

    def _values(self, numbers: Numbers, keys: Sequence[str]) -> Iterable[tuple[Any, ...]]:
        """The values that rows have for attributes."""
        if keys == self._conflict.match:
            match = self._rows.match
            own = match if isinstance(numbers, range) else map(match.__getitem__, numbers)
            return own if len(keys) > 1 else zip(own, strict=True)
        rows, groups = self._rows.rows, self._rows.groups
        if len(groups) == 1:
            if not keys:
                return ((),) * len(numbers)
            get = itemgetter(*[groups[0].keys.index(key) for key in keys])
            own = map(get, map(rows.__getitem__, numbers))
            return own if len(keys) > 1 else zip(own, strict=True)
        return self._of_groups(numbers, keys)

    def _of_groups(self, numbers: Numbers, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        group_of = self._rows.group_of or ()
        places = [
            [group.keys.index(key) if key in group.keys else -1 for key in keys]
            for group in self._rows.groups
        ]
        for number in numbers:
            row = self._rows.rows[number]
            yield tuple([row[place] for place in places[group_of[number]]])

    def _by_group(self, numbers: Numbers) -> Iterator[tuple[int, Numbers]]:
        """Numbers of the rows of each group: those of the first first, as everybody has them."""
        group_of, groups = self._rows.group_of, self._rows.groups
        if group_of is None:
            if len(numbers):
                yield 0, numbers
            return
        in_order = sorted(numbers, key=lambda number: (groups[group_of[number]].keys, number))
        for group, found in groupby(in_order, key=group_of.__getitem__):
            yield group, [*found]

    def _insert(self, numbers: Numbers) -> list[Any]:
        """Inserts rows, but those that are there meanwhile; the keys of those that were inserted."""
        created: list[Any] = []
        for group, mine in self._by_group(numbers):
            alone = dict.fromkeys(filter(self._is_unmatched, mine)) if self._placed else {}
            for number in alone:
                # Of several, the database would tell the keys in any order.
                for key in self._inserted(group, [number]):
                    self._unmatched[number] = key
                    created.append(key)
            created += self._inserted(group, [each for each in mine if each not in alone] if alone else mine)
        return created

    def _inserted(self, number: int, numbers: Numbers) -> list[Any]:
        """Inserts rows of a group; the keys of those that were not there."""
        group, dialect = self._rows.groups[number], self._connection.dialect

        def say(source: Source) -> Any:
            return inserted_rows(self._mapper, group, self._conflict.match, source, dialect)

        columns, rows = fed_columns(self._model, group.keys), map(self._rows.rows.__getitem__, numbers)
        return [key for answer in fed(self._connection, columns, rows, say) for key in keys_in(answer.rows)]

    def _is_unmatched(self, number: int) -> bool:
        """Whether a row has no value to be told apart by, so that it is always new."""
        value = self._rows.match[number]
        parts = value if len(self._conflict.match) > 1 else (value,)
        return None in parts and not self._conflict.nulls_alike

    def _update(self, found: Found) -> None:
        """Sets what is to be set in rows that are there, and locked."""
        keys = [FedColumn(key_name(at), column.type) for at, column in enumerate(key_columns(self._mapper))]
        numbers = [number for number in found.keys if number not in found.left]
        for number, mine in self._by_group(numbers):
            changes, read = self.changes[number], self._read[number]

            def say(source: Source, changes: Any = changes) -> Any:
                return updated_rows(self._mapper, changes, source)

            theirs = map(found.keys.__getitem__, mine)
            given = zip(self._values(mine, read), theirs, strict=True)
            if len(keys) == 1:
                rows = [(*row, key) for row, key in given]
            else:
                rows = [(*row, *key) for row, key in given]
            for _ in fed(self._connection, [*fed_columns(self._model, read), *keys], rows, say):
                pass

    def _sets_keys(self, changes: Iterable[str]) -> bool:
        """Whether something is set that other rows may refer to."""
        table: Any = self._mapper.local_table
        referred = {column for each in unique_keys(table) for column in each.columns}
        return any(self._mapper.column_attrs[key].columns[0] in referred for key in changes)
