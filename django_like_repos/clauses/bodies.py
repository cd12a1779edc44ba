"""``json()``: rows as the text that they become, written by the database where it can say it all."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django_like_repos.clauses.filtering import filtered
from django_like_repos.clauses.into import made_into
from django_like_repos.clauses.slicing import sliced
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import hop_of, mapper_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.projection import outputs, outputs_of
from django_like_repos.mapping.row_makers import width_of
from django_like_repos.query import Clause, Query
from django_like_repos.query.bodies import Body, Leaf, Listed, Several, Written
from django_like_repos.query.into import Listed as Related
from django_like_repos.query.into import Made
from django_like_repos.query.into import Several as MadeOfSeveral
from django_like_repos.query.shapes import Owned
from django_like_repos.schemas import ANYTHING, ByPythonError, Schema, Takes, WrittenField, schema_of

_CALL: Final = "json"


class ToWrite(NamedTuple):
    """Rows that are wanted as JSON."""

    read: Query
    """As Python reads them, to write them then."""
    written: Query | None
    """As the database writes them; None where it cannot."""
    by_alias: bool | None
    why: str = ""
    """Why it cannot."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those of the values of a row, unless something else is made of it."""
        return () if self.read.settings.into is not None else _names(self.read)


def to_write(query: Query, kind: Any, by_alias: bool | None) -> ToWrite:
    """``json()``. Raises UnsupportedOperationError for models without a type, and what ``into()`` raises."""
    if by_alias is not None and type(by_alias) is not bool:
        raise UnsupportedOperationError(f"{_CALL}(): by_alias is True, False or None, not {by_alias!r}")
    if kind is not None:
        query = made_into(query, kind)
    elif query.row == "model":
        raise UnsupportedOperationError(
            f"{_CALL}() of models takes the type that they are written as, {_CALL}(BookOut); without one it "
            f"writes what into() or values() have said: {query!r}"
        )
    try:
        return ToWrite(query, _body(query, by_alias), by_alias)
    except ByPythonError as error:
        return ToWrite(query, None, by_alias, str(error))


def to_write_one(
    query: Query, kind: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], by_alias: bool | None
) -> ToWrite:
    """``json_get()``: no more rows than are needed to know whether there is one alone."""
    query = filtered(query, args, kwargs) if args or kwargs else query
    return to_write(query if query.sliced else sliced(query, None, 2), kind, by_alias)


def _body(query: Query, by_alias: bool | None) -> Query:
    """A query whose rows the database writes. Raises ByPythonError."""
    _check(query, query)
    into = query.settings.into
    if into is None:
        body, params = Body(_of_values(query)), ()
    else:
        body, params = _Reader(query, by_alias).body(query, into.made, ANYTHING)
    return _with_body(query, body, params)


def _with_body(query: Query, body: Body, params: tuple[Any, ...]) -> Query:
    last = query.settings.last
    frame = query.frame._replace(body=body)
    return query.evolve(frame=frame, last=last._replace(params=(*last.params, *params)))


def _names(query: Query) -> tuple[str, ...]:
    if query.frame.combined is not None:
        return outputs_of(query.shape)
    return outputs(query.names, query.frame.projection, query.steps)


def _check(query: Query, root: Query) -> None:
    """Raises ByPythonError for a query that has to be asked by itself."""
    frame, settings = query.frame, query.settings
    names = _names(query)
    reasons = {
        "SQLAlchemy's expressions or options are part of the query": query.foreign,
        "it locks rows": frame.locked is not None,
        "a list is read elsewhere, or with other options": query is not root
        and (
            settings.reads not in (None, root.settings.reads)
            or dict(query.execution_options) not in ({}, dict(root.execution_options))
        ),
        "a list has no rows": query is not root and query.never,
        "values are made of several columns": width_of(query.names, names) != len(names),
    }
    why = next((why for why, holds in reasons.items() if holds), None)
    if why is not None:
        raise ByPythonError(why)


def _of_values(query: Query) -> Any:
    """What rows of values are written as."""
    if query.row == "scalar":
        return Leaf(0)
    members = tuple([(name, Leaf(place)) for place, name in enumerate(_names(query))])
    return Written(members, array=query.row != "dict")


class _Reader:
    """Reads what a query's rows are made into as what they are written as."""

    def __init__(self, root: Query, by_alias: bool | None) -> None:
        self._root = root
        self._by_alias = by_alias

    def body(self, query: Query, made: Made | int, takes: Takes) -> tuple[Body, tuple[Any, ...]]:
        """What the rows of a query are written as, and the params of those in their lists."""
        within: dict[int, tuple[Takes, bool]] = {}
        part = self._part(made, takes, within)
        into = query.settings.into
        assert into is not None
        lists: list[Listed] = []
        params: list[Any] = []
        for number, taken in within.items():
            related = into.lists[number]
            listed = self._list(related, *taken)
            lists.append(Listed(related.keys, listed.shape))
            params += listed.params
        return Body(part, tuple(lists)), tuple(params)

    def _list(self, related: Related, takes: Takes, alone: bool) -> Query:
        """The query of rows at the end of a relation, of the owners that the statement finds."""
        hop = hop_of(mapper_of(related.model), related.relation)
        assert hop is not None
        ownership, query = ownership_of(hop), related.query
        if ownership.repeats or related.identity:
            raise ByPythonError(f"{hop!r} may find a row several times")
        _check(query, self._root)
        if alone:
            query = query.evolve(limit=1 if query.limit is None else min(query.limit, 1))
        body, params = self.body(query, query.settings.into.made, takes)
        frame = query.frame._replace(owned=Owned(ownership, None))
        query = query.evolve(frame=frame, offset=query.offset or None, last=Clause(None))
        return _with_body(query, body, params)

    def _part(self, part: Any, takes: Takes, within: dict[int, tuple[Takes, bool]]) -> Any:
        if isinstance(part, int):
            return Leaf(part, takes)
        if isinstance(part, MadeOfSeveral):
            alone = part.collect is None
            if part.collect not in (None, list, tuple):
                raise ByPythonError("sets hold each value once")
            if takes and not alone and takes[0] != "list":
                raise ByPythonError(f"a list may become something else where {takes[-1]!r} is wanted")
            # Lists that nothing is written of are not asked for.
            within[part.number] = (takes if alone else takes[1:], alone)
            return Several([*within].index(part.number), alone)
        assert isinstance(part, Made)
        if takes and takes != ("model", part.type):
            raise ByPythonError(f"{part.type.__name__} may become something else where it is wanted")
        schema = schema_of(part.type)
        assert schema is not None
        written = schema.kind.written(part.type)
        by_alias = written.by_alias if self._by_alias is None else self._by_alias
        parts = {argument: each for argument, _, each in part.members}
        members = [
            (each.alias if by_alias else each.name, self._part(parts[each.argument], each.takes, within))
            for each in written.fields
            if _is_given(each, parts, schema)
        ]
        return Written(tuple(members), written.array, part.presence)


def _is_given(field: WrittenField, parts: Mapping[str, Any], schema: Schema) -> bool:
    """Whether a field is made of the row. Raises ByPythonError for one that keeps its default."""
    if field.argument in parts:
        return True
    if schema.kind.way != "dict":
        raise ByPythonError(f"{schema.type.__name__}.{field.name} keeps its default")
    return False
