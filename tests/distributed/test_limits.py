"""The rules: what each finds in a statement, and what not."""

from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine.default import DefaultDialect
from sqlglot.errors import SqlglotError

from django_like_repos.execution.retrying import retries_of
from tests.distributed.limits import CITUS, COCKROACHDB, LIMITS, SENT, YUGABYTEDB
from tests.distributed.linter import Figures, met_by, read_statement

LAYOUT = {"sections": "tenant_id", "subsections": "tenant_id"}
KEYS = (
    "SELECT sections.id FROM sections JOIN (SELECT DISTINCT s.tenant_id AS tenant_id, s.id AS id "
    "FROM sections AS s JOIN subsections AS u ON u.tenant_id = s.tenant_id AND u.section_id = s.id "
    "{}) AS keys ON keys.tenant_id = sections.tenant_id AND keys.id = sections.id FOR UPDATE OF sections"
)

FOR_UPDATE = "SELECT FOR UPDATE of rows in several places"
OUTER = "an outer join, unless by the distribution column"
CORRELATED = "a correlated subquery, unless by the distribution column"

CASES: list[tuple[str, set[tuple[str, str]]]] = [
    ("SELECT sections.id FROM sections WHERE sections.id = ANY ($1::BIGINT[])", set()),
    ("SELECT sections.id FROM sections WHERE sections.id = $1 FOR UPDATE", {(CITUS, FOR_UPDATE)}),
    ("SELECT sections.id FROM sections WHERE sections.tenant_id = $1::BIGINT FOR UPDATE", set()),
    ("SELECT kinds.id FROM kinds FOR UPDATE", set()),
    (KEYS.format("WHERE s.tenant_id = $1"), set()),
    (KEYS.format("WHERE s.tenant_id = $1 OR s.id = 1"), {(CITUS, FOR_UPDATE)}),
    (
        "SELECT sections.id FROM sections LEFT OUTER JOIN subsections AS s ON s.section_id = sections.id",
        {(CITUS, OUTER)},
    ),
    (
        "SELECT sections.id FROM sections LEFT OUTER JOIN subsections AS s "
        "ON s.section_id = sections.id AND s.tenant_id = sections.tenant_id",
        set(),
    ),
    ("SELECT sections.id FROM sections LEFT OUTER JOIN kinds AS k ON k.id = sections.kind_id", set()),
    (
        "SELECT sections.id FROM sections WHERE NOT EXISTS "
        "(SELECT 1 FROM subsections AS s WHERE s.section_id = sections.id)",
        {(CITUS, CORRELATED)},
    ),
    (
        "SELECT sections.id FROM sections WHERE sections.tenant_id = $1 AND NOT EXISTS "
        "(SELECT 1 FROM subsections AS s WHERE s.tenant_id = sections.tenant_id AND s.section_id = 1)",
        set(),
    ),
    (
        "SELECT sections.id FROM sections WHERE EXISTS "
        "(SELECT 1 FROM kinds AS k WHERE k.id = sections.kind_id)",
        set(),
    ),
    (
        "UPDATE sections SET name=$1 WHERE EXISTS (SELECT 1 FROM subsections AS s WHERE s.id = sections.id)",
        {(CITUS, CORRELATED)},
    ),
    ("UPDATE sections SET tenant_id=$1 WHERE sections.id = $2", {(CITUS, "setting the distribution column")}),
    ("UPDATE sections SET name=$1 WHERE (sections.tenant_id, sections.id) = ($2, $3)", set()),
    ("UPDATE sections SET rank=random()", {(CITUS, "a volatile function in an UPDATE")}),
    ("UPDATE sections SET at=clock_timestamp()", {(CITUS, "a volatile function in an UPDATE")}),
    (
        "INSERT INTO kinds (id) VALUES ((SELECT max(k.id) FROM kinds AS k))",
        {(CITUS, "a subquery within an INSERT")},
    ),
    ("SELECT slots.id FROM slots WHERE slots.days && $1::DATERANGE", {(COCKROACHDB, "range types")}),
    ("SELECT slots.id FROM slots WHERE slots.days = ANY ($1::NUMRANGE[])", {(COCKROACHDB, "range types")}),
    ("SELECT int4range(1, 2) AS r", {(COCKROACHDB, "range types")}),
    ("SELECT s.a / s.b AS x FROM s", {(COCKROACHDB, "whole numbers divided give a decimal")}),
    ("SELECT pg_advisory_xact_lock($1)", {(COCKROACHDB, "advisory locks")}),
    ("SELECT s.ctid FROM s", {(YUGABYTEDB, "the system columns ctid, xmin, xmax, cmin, cmax")}),
    ("LOCK TABLE sections", {(YUGABYTEDB, "LOCK TABLE")}),
    (
        "CREATE TABLE b (a INTEGER REFERENCES s (id) DEFERRABLE INITIALLY DEFERRED)",
        {(COCKROACHDB, "deferrable constraints"), (YUGABYTEDB, "deferrable constraints")},
    ),
]


@pytest.mark.parametrize(("statement", "expected"), CASES)
def test_what_meets_a_limit(statement: str, expected: set[tuple[str, str]]) -> None:
    assert {(each.system, each.what) for each in met_by(read_statement(statement, LAYOUT))} == expected


def test_of_an_unknown_layout_the_worst_is_thought() -> None:
    joined = (
        "SELECT a.id FROM a LEFT OUTER JOIN b ON b.tenant_id = a.tenant_id WHERE a.tenant_id = $1 FOR UPDATE"
    )
    assert [each.what for each in met_by(read_statement(joined))] == [FOR_UPDATE, OUTER]


def test_what_is_sent_is_counted() -> None:
    figures = Figures(
        [
            "SELECT a.id FROM a WHERE a.id = ANY ($1::BIGINT[])",
            "SELECT count(*) OVER () AS n FROM a",
            "DELETE FROM a WHERE (a.x, a.id) IN (SELECT b.x, b.id FROM a AS b) RETURNING a.id",
            "SELECT DISTINCT ON (a.x) a.x FROM a",
            "SELECT FROM WHERE",
        ]
    )
    assert (figures.checked, figures.unread) == (4, ["SELECT FROM WHERE"])
    counted = {name for name in SENT if figures.sent[name]}
    assert counted == {
        "a list as one array",
        "window functions",
        "RETURNING",
        "row values compared",
        "DISTINCT ON",
    }


def test_what_cannot_be_read_is_told() -> None:
    with pytest.raises(SqlglotError):
        read_statement("SELECT FROM WHERE")


def test_every_limit_has_a_source() -> None:
    assert all(limit.source and limit.what for limit in LIMITS)
    assert len({(limit.system, limit.what) for limit in LIMITS}) == len(LIMITS)


class CockroachDialect(DefaultDialect):
    """As the package sqlalchemy-cockroachdb calls its own."""

    name = "cockroachdb"


def test_whose_transactions_are_run_again() -> None:
    postgresql, sqlite = (make_url(f"{name}://").get_dialect() for name in ("postgresql+asyncpg", "sqlite"))
    dialects: list[Any] = [CockroachDialect(), postgresql(), sqlite()]
    assert [retries_of(None, dialect) for dialect in dialects] == [5, 0, 0]
