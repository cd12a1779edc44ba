"""Rows that are brought, told apart from those that are there, and written: the same for every upsert.

What is there is looked up, what is not is inserted unless somebody else was first, and then what is there is
locked, in one order for all, so that of two that bring the same rows neither waits for the other in a circle:
who inserts holds no locks of rows yet, and who locks waits for no insert. SQLite lets one transaction write,
and what was looked up there stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Mapper

from django_like_repos.clauses.conflicts import Conflict, Matched
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.bulk.feeds import fed
from django_like_repos.execution.objects import key_in
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.uniqueness import unique_keys
from django_like_repos.query import Query
from django_like_repos.statements.feeds import FedColumn
from django_like_repos.statements.upserts import (
    changes_of,
    condition_of,
    fed_columns,
    found_rows,
    inserted_rows,
    key_columns,
    key_name,
    read_by,
    updated_rows,
)

ROUNDS: Final = 20
"""How often rows are looked for again that others delete and insert meanwhile."""

Numbers = Sequence[int]


class Found(NamedTuple):
    """A row that is there."""

    key: Any
    changes: bool
    """Whether it is one of those that are to be changed."""


class Outcome(NamedTuple):
    """What became of the rows that were brought."""

    created: list[Any]
    """Keys of rows."""
    found: dict[int, Found]
    """The others, by their numbers among those that were matched."""

    @property
    def updated(self) -> list[Any]:
        return [each.key for each in self.found.values() if each.changes]

    @property
    def untouched(self) -> list[Any]:
        return [each.key for each in self.found.values() if not each.changes]


class Matching:
    """One write of rows that are matched with those that are there."""

    def __init__(self, connection: Connection, query: Query, conflict: Conflict, rows: Matched) -> None:
        self._connection = connection
        self._model = query.model
        self._mapper: Mapper[Any] = mapper_of(query.model)
        self._conflict = conflict
        self._rows = rows
        self._where = condition_of(conflict, query, connection.dialect)
        self.changes = [changes_of(conflict, query, group) for group in rows.groups]
        """What is set in the rows of each group, by attribute."""
        self._locks = connection.dialect.name != "sqlite"
        self._compared = tuple(
            dict.fromkeys(
                [*conflict.match, *read_by(self._model, [] if self._where is None else [self._where])]
            )
        )
        for group in rows.groups:
            for key in self._compared:
                self._check_brought(group, key)
            for key in read_by(self._model, self.changes[rows.groups.index(group)].values()):
                self._check_brought(group, key)

    def run(self) -> Outcome:
        """Writes the rows."""
        outcome = self._separated()
        self._update([number for number, each in outcome.found.items() if each.changes], outcome)
        return outcome

    def located(self, numbers: Numbers) -> dict[int, Any]:
        """The keys of rows that are there by now."""
        return {number: each.key for number, each in self._look(numbers).items()}

    def _check_brought(self, group: Any, key: str) -> None:
        if key not in group.keys:
            raise UnsupportedOperationError(
                f"values[{group.places[0]}]: {self._conflict.verb}(): it has no {key}, of which Proposed() "
                "speaks"
            )

    def _separated(self) -> Outcome:
        """The new rows inserted, and those that are there, locked."""
        every = range(len(self._rows.entries))
        there = self._look(every)
        missing = [number for number in every if number not in there]
        if not self._locks:
            created = self._insert(missing)
            self._check(len(created) == len(missing) and _are_several(there.values()))
            return Outcome(created, there)
        created, found, open_ = [], {}, [*there]
        for _ in range(ROUNDS):
            made = self._insert(missing)
            created += made
            # Others may have inserted some, and deleted some that were there.
            open_ = open_ if len(made) == len(missing) else sorted([*open_, *missing])
            locked = self._look(open_, lock=True)
            own = {*created}
            found.update({number: each for number, each in locked.items() if each.key not in own})
            missing, open_ = [number for number in open_ if number not in locked], []
            if not missing:
                break
        self._check(len(created) + len(found) == len(every) and _are_several(found.values()))
        return Outcome(created, dict(sorted(found.items())))

    def _check(self, complete: bool) -> None:
        if not complete:
            raise UnsupportedOperationError(
                f"{self._conflict.verb}(): rows that differ in {', '.join(self._conflict.match)} are one row "
                "to the database, by its collation, or it keeps one from being written"
            )

    def _look(self, numbers: Numbers, *, lock: bool = False) -> dict[int, Found]:
        """Those of the rows that are there."""
        if not len(numbers):
            return {}
        weak = not any(self._sets_keys(changes) for changes in self.changes)

        def say(source: Any) -> Any:
            return found_rows(self._mapper, self._conflict, source, self._where, lock=lock, weak=weak)

        columns = fed_columns(self._model, self._compared)
        width = len(key_columns(self._mapper))
        found: dict[int, Found] = {}
        always = [bool(changes) for changes in self.changes]
        entries = self._rows.entries
        for answer in fed(self._connection, columns, self._compared_values(numbers), say):
            for place, *rest in answer.rows:
                number = numbers[answer.first + place]
                holds = always[entries[number][0]] and (self._where is None or bool(rest[width]))
                found[number] = Found(key_in(rest[:width]), holds)
        return found

    def _compared_values(self, numbers: Numbers) -> Iterable[tuple[Any, ...]]:
        if self._compared == self._conflict.match:
            return [self._rows.match[number] for number in numbers]
        return self._values(numbers, self._compared)

    def _values(self, numbers: Numbers, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The values that rows have for attributes."""
        groups, entries = self._rows.groups, self._rows.entries
        places = [[group.keys.index(key) if key in group.keys else -1 for key in keys] for group in groups]
        for number in numbers:
            group, at = entries[number]
            row = groups[group].rows[at]
            yield tuple([row[place] for place in places[group]])

    def _by_group(self, numbers: Numbers) -> Iterator[tuple[int, list[int]]]:
        """Numbers of the rows of each group: those of the first first, as everybody has them."""
        if len(self._rows.groups) == 1:
            if len(numbers):
                yield 0, [*numbers]
            return
        group_of = {number: self._rows.entries[number][0] for number in numbers}
        by_group = sorted(numbers, key=lambda number: (self._rows.groups[group_of[number]].keys, number))
        for group, found in groupby(by_group, key=group_of.__getitem__):
            yield group, [*found]

    def _insert(self, numbers: Numbers) -> list[Any]:
        """Inserts rows, but those that are there meanwhile; the keys of those that were inserted."""
        created: list[Any] = []
        dialect = self._connection.dialect
        for number, mine in self._by_group(numbers):
            group = self._rows.groups[number]

            def say(source: Any, group: Any = group) -> Any:
                return inserted_rows(self._mapper, group, self._conflict.match, source, dialect)

            columns = fed_columns(self._model, group.keys)
            rows = [group.rows[self._rows.entries[each][1]] for each in mine]
            for answer in fed(self._connection, columns, rows, say):
                created += map(key_in, answer.rows)
        return created

    def _update(self, numbers: Numbers, outcome: Outcome) -> None:
        """Sets what is to be set in rows that are there, and locked."""
        keys = [FedColumn(key_name(at), column.type) for at, column in enumerate(key_columns(self._mapper))]
        for number, mine in self._by_group(numbers):
            changes = self.changes[number]
            read = read_by(self._model, changes.values())

            def say(source: Any, changes: Any = changes) -> Any:
                return updated_rows(self._mapper, changes, source)

            columns = [*fed_columns(self._model, read), *keys]
            found = [outcome.found[each].key for each in mine]
            given = self._values(mine, read)
            if len(keys) == 1:
                rows = [(*row, key) for row, key in zip(given, found, strict=True)]
            else:
                rows = [(*row, *key) for row, key in zip(given, found, strict=True)]
            for _ in fed(self._connection, columns, rows, say):
                pass

    def _sets_keys(self, changes: Iterable[str]) -> bool:
        """Whether something is set that other rows may refer to."""
        table: Any = self._mapper.local_table
        referred = {column for each in unique_keys(table) for column in each.columns}
        return any(self._mapper.column_attrs[key].columns[0] in referred for key in changes)


def _are_several(found: Iterable[Found]) -> bool:
    """Whether no row was found twice."""
    keys = [*map(itemgetter(0), found)]
    return len({*keys}) == len(keys)
