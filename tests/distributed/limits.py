"""What distributed databases that speak PostgreSQL's protocol document that they do not do, as rules.

Each rule is a limit of the system's own documentation, which ``source`` names, and a function that tells a
statement that meets it. Nothing here was tried on one of them.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlglot import exp

from tests.distributed.layout import Reading

CITUS: Final = "Citus"
COCKROACHDB: Final = "CockroachDB"
YUGABYTEDB: Final = "YugabyteDB"

_CITUS_SQL: Final = "Citus, SQL Support and Workarounds"
_CITUS_DDL: Final = "Citus, Creating and Modifying Distributed Tables"
_COCKROACH: Final = "CockroachDB v25.4, PostgreSQL Compatibility"
_YUGABYTE: Final = "YugabyteDB stable, Enhanced PostgreSQL Compatibility Mode"

Meets = Callable[[Reading], bool]


class Limit(NamedTuple):
    """Something that a system does not do, or does otherwise."""

    system: str
    what: str
    source: str
    meets: Meets
    across: bool = False
    """Whether it is one for statements that ask several places at once only."""
    differs: bool = False
    """Whether the statement runs, and answers otherwise."""


# What a statement says.


def _has(*kinds: type[Any]) -> Meets:
    return lambda reading: reading.tree.find(*kinds) is not None


def _names(*names: str) -> Meets:
    """Whether one of these columns is named."""
    return lambda reading: any(column.name in names for column in reading.tree.find_all(exp.Column))


def _calls(*beginnings: str) -> Meets:
    """Whether a function is called whose name begins so."""

    def meets(reading: Reading) -> bool:
        called = (
            each.sql_name() if not isinstance(each, exp.Anonymous) else each.name
            for each in reading.tree.find_all(exp.Func)
        )
        return any(name.lower().startswith(beginnings) for name in called)

    return meets


_KINDS: Final = ("INT4", "INT8", "NUM", "DATE", "TS", "TSTZ")
_RANGES: Final = tuple(f"{kind}{form}" for kind in _KINDS for form in ("RANGE", "MULTIRANGE"))


def _ranges(reading: Reading) -> bool:
    types = {kind.sql("postgres").upper().removesuffix("[]") for kind in reading.tree.find_all(exp.DataType)}
    return not types.isdisjoint(_RANGES) or _calls(*map(str.lower, _RANGES))(reading)


def _deferrable(reading: Reading) -> bool:
    return isinstance(reading.tree, exp.Create) and "DEFERRABLE" in reading.tree.sql("postgres").upper()


# What a statement asks of several places.


def _correlated_otherwise(reading: Reading) -> bool:
    """Whether a subquery speaks of the row around it, and not by the columns that both are spread by."""
    for scope in reading.scopes:
        outer = [reading.found(each, scope.parent) for each in scope.external_columns]
        if not any(column is not None and reading.is_spread(column.table) for column in outer):
            continue
        inner = [source for source in scope.sources.values() if isinstance(source, exp.Table)]
        if not any(reading.is_spread(source.name) for source in inner):
            continue
        where = scope.expression.args.get("where")
        if not reading.is_joined_by(None if where is None else where.this, scope):
            return True
    return False


def _outer_join_otherwise(reading: Reading) -> bool:
    """Whether an outer join of two spread tables is by other columns than those."""
    for scope in reading.scopes:
        for join in scope.expression.args.get("joins") or ():
            joined = join.this
            if not join.side or not isinstance(joined, exp.Table) or not reading.is_spread(joined.name):
                continue
            around = [source for alias, source in scope.sources.items() if alias != joined.alias_or_name]
            spread = any(not isinstance(each, exp.Table) or reading.is_spread(each.name) for each in around)
            if spread and not reading.is_joined_by(join.args.get("on"), scope):
                return True
    return False


_VOLATILE: Final = ("clock_timestamp", "nextval", "gen_random_uuid", "timeofday", "setseed")


def _volatile_update(reading: Reading) -> bool:
    tree = reading.tree
    return isinstance(tree, exp.Update) and (_calls(*_VOLATILE)(reading) or tree.find(exp.Rand) is not None)


def _inserts_a_subquery(reading: Reading) -> bool:
    tree = reading.tree
    return (
        isinstance(tree, exp.Insert)
        and isinstance(tree.expression, exp.Values)
        and bool(tree.expression.find(exp.Subquery))
    )


def _changes_where_it_lies(reading: Reading) -> bool:
    """Whether an UPDATE sets the column that rows are spread by."""
    tree = reading.tree
    if not isinstance(tree, exp.Update):
        return False
    written = [each.this for each in tree.expressions if isinstance(each, exp.EQ)]
    return any(
        isinstance(each, exp.Column) and (reading.layout or {}).get(tree.this.name) == each.name
        for each in written
    )


LIMITS: Final = (
    Limit(CITUS, "SELECT FOR UPDATE of rows in several places", _CITUS_SQL, _has(exp.Lock), across=True),
    Limit(
        CITUS,
        "a correlated subquery, unless by the distribution column",
        _CITUS_SQL,
        _correlated_otherwise,
        across=True,
    ),
    Limit(
        CITUS,
        "an outer join, unless by the distribution column",
        _CITUS_SQL,
        _outer_join_otherwise,
        across=True,
    ),
    Limit(
        CITUS,
        "a recursive CTE over several places",
        _CITUS_SQL,
        lambda reading: any(each.recursive for each in reading.tree.find_all(exp.With)),
        across=True,
    ),
    Limit(
        CITUS,
        "grouping sets over several places",
        _CITUS_SQL,
        _has(exp.GroupingSets, exp.Cube, exp.Rollup),
        across=True,
    ),
    Limit(CITUS, "TABLESAMPLE over several places", _CITUS_SQL, _has(exp.TableSample), across=True),
    Limit(CITUS, "a volatile function in an UPDATE", _CITUS_SQL, _volatile_update),
    Limit(CITUS, "a subquery within an INSERT", _CITUS_SQL, _inserts_a_subquery),
    Limit(CITUS, "setting the distribution column", _CITUS_DDL, _changes_where_it_lies),
    Limit(COCKROACHDB, "advisory locks", _COCKROACH, _calls("pg_advisory", "pg_try_advisory")),
    Limit(COCKROACHDB, "range types", _COCKROACH, _ranges),
    Limit(COCKROACHDB, "XML functions", _COCKROACH, _calls("xml")),
    Limit(
        COCKROACHDB,
        "CREATE DOMAIN",
        _COCKROACH,
        lambda reading: "CREATE DOMAIN" in reading.tree.sql("postgres").upper(),
    ),
    Limit(COCKROACHDB, "deferrable constraints", "CockroachDB's issue 31632, open", _deferrable),
    Limit(COCKROACHDB, "whole numbers divided give a decimal", _COCKROACH, _has(exp.Div), differs=True),
    Limit(YUGABYTEDB, "deferrable constraints", _YUGABYTE, _deferrable),
    Limit(
        YUGABYTEDB,
        "the system columns ctid, xmin, xmax, cmin, cmax",
        "YugabyteDB's issue 24843, open",
        _names("ctid", "xmin", "xmax", "cmin", "cmax"),
    ),
    Limit(
        YUGABYTEDB,
        "LOCK TABLE",
        _YUGABYTE,
        lambda reading: isinstance(reading.tree, exp.Command) and reading.tree.name.upper() == "LOCK",
    ),
    Limit(YUGABYTEDB, "XML functions", _YUGABYTE, _calls("xml")),
    Limit(YUGABYTEDB, "transaction ids", _YUGABYTE, _calls("pg_current_xact", "txid_", "pg_snapshot")),
)


SENT: Final[dict[str, Meets]] = {
    "window functions": _has(exp.Window),
    "row values compared": lambda reading: any(
        isinstance(each.parent, (exp.Binary, exp.In)) for each in reading.tree.find_all(exp.Tuple)
    ),
    "RETURNING": _has(exp.Returning),
    "a list as one array": lambda reading: any(
        isinstance(each.this, (exp.Paren, exp.Cast)) for each in reading.tree.find_all(exp.Any, exp.All)
    ),
    "FOR UPDATE": _has(exp.Lock),
    "FILTER of an aggregate": _has(exp.Filter),
    "correlated subqueries": lambda reading: any(each.external_columns for each in reading.scopes),
    "UNION, INTERSECT, EXCEPT": _has(exp.SetOperation),
    "JSON functions and operators": lambda reading: any(
        kind.sql("postgres").upper() in ("JSON", "JSONB") for kind in reading.tree.find_all(exp.DataType)
    ),
    "DISTINCT ON": lambda reading: any(each.args.get("on") for each in reading.tree.find_all(exp.Distinct)),
    "LATERAL": _has(exp.Lateral),
    "recursive CTEs": lambda reading: any(each.recursive for each in reading.tree.find_all(exp.With)),
    "ON CONFLICT": _has(exp.OnConflict),
    "advisory locks": _calls("pg_advisory", "pg_try_advisory"),
    "ctid": _names("ctid"),
}
"""What statements use of PostgreSQL, by the names of the page."""
