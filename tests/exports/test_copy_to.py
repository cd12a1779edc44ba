"""``copy_to()``: the same text of both databases, into whatever takes bytes, whole or not at all."""

import asyncio
import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKey, String, event, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Count, Database, F, QuerySet, RawSQL, UnsupportedOperationError
from tests.exports.samples import TRICKY, Amount, Maker, Sample
from tests.recording import RecordedSQL

WHOLE = (
    "id,small,big,name,price,weight,ok,day,at,naive,clock,span,key,color,data,doc,shout,maker_id\n"
    '1,-3,1099511627776,"a ""b"", \\c\n\r\n$1 \ufeff %(x)s",12.50,0.1,t,2020-01-02,2020-01-02 01:04:05.6+00,'
    "2020-01-02 03:04:05,01:02:03.00004,-2 days +01:01:40.000005,00000000-0000-0000-0000-000000000005,BLUE,"
    '\\x00ff,"{""a"": [1, null]}",low,1\n'
    '2,,,"",,,,,,,,,,,,null,,\n'
    "3,,,,,1e+15,f,,,,,,,,,,,\n"
)


def sorted_samples(session: AsyncSession) -> QuerySet[Sample]:
    return QuerySet(Sample, session).order_by("id")


async def copied(rows: QuerySet[Any, Any], **options: Any) -> str:
    file = io.BytesIO()
    await rows.copy_to(file, **options)
    return file.getvalue().decode()


async def test_it_is_what_copy_writes(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    assert await copied(sorted_samples(session)) == WHOLE
    if backend == "postgresql":
        assert [statement[:13] for statement, _ in sql.statements] == ["COPY (SELECT "]
    read = list(csv.reader(io.StringIO(WHOLE, newline="")))
    assert [row[3] for row in read] == ["name", TRICKY, "", ""]


async def test_options(session: AsyncSession, backend: str) -> None:
    rows = sorted_samples(session).values_list("id", "name")
    assert await copied(rows[1:], header=False) == '2,""\n3,\n'
    assert await copied(rows[1:], delimiter=";", null="NULL") == "id;name\n2;\n3;NULL\n"
    alone = sorted_samples(session).values_list("small", flat=True)
    assert await copied(alone) == "small\n-3\n\n\n"
    named = rows.values_list("maker__name").annotate(twice=F("small") * 2, odd=_odd())
    assert await copied(named.filter(id=1)) == "maker__name,twice,odd\nmaker,-6,\\.\n"
    assert await copied(rows.none()) == "id,name\n"
    groups = sorted_samples(session).order_by("ok").values("ok").annotate(n=Count("*")).filter(ok=True)
    assert await copied(groups) == "ok,n\nt,1\n"


def _odd() -> RawSQL:
    return RawSQL("'\\.'", (), String())


async def test_floats_and_spans(session: AsyncSession, backend: str) -> None:
    """Where Python and PostgreSQL say numbers differently."""
    rows = sorted_samples(session).filter(id=1)
    for number, said in FLOATS.items():
        await rows.update(weight=number)
        assert await copied(rows.values("weight"), header=False) == f"{said}\n"


FLOATS = {
    1.0: "1",
    1e14: "100000000000000",
    1.5e15: "1.5e+15",
    1e16: "1e+16",
    1e-5: "1e-05",
    0.0001: "0.0001",
    123456789.123: "123456789.123",
    -1234567890123456.0: "-1.234567890123456e+15",
}


async def test_values_are_no_part_of_the_text(session: AsyncSession, backend: str) -> None:
    names = sorted_samples(session).values_list("id", flat=True)
    for name in (TRICKY, "$1", "'; DROP TABLE export_samples; --", "\\", "%(x)s"):
        odd = names.annotate(odd=RawSQL("'costs $1'", (), String()))
        found = await copied(odd.filter(name=name).exclude(name="$2 '"), header=False)
        assert found == ("1,costs $1\n" if name == TRICKY else "")


async def test_text_and_binary(session: AsyncSession, backend: str) -> None:
    rows = sorted_samples(session).values_list("id", "name")[1:]
    if backend == "sqlite":
        for format in ("text", "binary"):
            with pytest.raises(UnsupportedOperationError, match=r"PostgreSQL alone writes: format='csv'"):
                await rows.copy_to(io.BytesIO(), format)
        return
    assert await copied(rows, format="text") == "2\t\n3\t\\N\n"
    assert await copied(rows, format="text", header=True, delimiter=",", null="-") == "id,name\n2,\n3,-\n"
    file = io.BytesIO()
    assert await rows.copy_to(file, "binary") == 2
    assert file.getvalue().startswith(b"PGCOPY\n\xff\r\n\0")


def files_in(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


class Awaited:
    """A file whose writing is awaited."""

    def __init__(self) -> None:
        self.held = b""

    async def write(self, data: bytes) -> None:
        await asyncio.sleep(0)
        self.held += data


class Drained:
    """As asyncio's ``StreamWriter``."""

    def __init__(self) -> None:
        self.held, self.drained = b"", 0

    def write(self, data: bytes) -> None:
        self.held += data

    async def drain(self) -> None:
        self.drained += 1


async def test_wherever_bytes_go(session: AsyncSession, tmp_path: Path, backend: str) -> None:
    rows = sorted_samples(session)
    expected = WHOLE.encode()
    for path in (tmp_path / "path.csv", f"{tmp_path}/text.csv"):
        assert await rows.copy_to(path) == 3
    assert files_in(tmp_path) == {"path.csv": expected, "text.csv": expected}
    awaited, drained = Awaited(), Drained()
    parts: list[bytes] = []

    async def take(data: bytes) -> None:
        parts.append(data)

    for target in (awaited, drained, take):
        assert await rows.copy_to(target) == 3
    assert awaited.held == drained.held == b"".join(parts) == expected
    assert drained.drained
    with tempfile.TemporaryFile(buffering=0) as file:
        await rows.copy_to(file)
        file.seek(0)
        assert file.read() == expected


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"format": "json"}, "copy_to(format='json'): there are csv, text, binary"),
        ({"header": 1}, "True or False, not 1"),
        ({"format": "binary", "header": True}, "has no header, no delimiter"),
        ({"format": "binary", "null": ""}, "has no header, no delimiter"),
        ({"delimiter": ";;"}, "one character of ASCII"),
        ({"delimiter": '"'}, "one character of ASCII"),
        ({"delimiter": "\n"}, "one character of ASCII"),
        ({"format": "text", "delimiter": "a"}, "one character of ASCII"),
        ({"null": "a,b"}, "a text without the delimiter"),
        ({"null": None, "delimiter": 7}, "one character of ASCII"),
        ({"null": "\n"}, "a text without the delimiter"),
        ({"null": 0}, "a text without the delimiter"),
    ],
)
async def test_refused_options(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UnsupportedOperationError) as refused:
        await QuerySet(Sample).copy_to(io.BytesIO(), **options)
    assert told in str(refused.value)


async def test_refused_targets(session: AsyncSession, backend: str) -> None:
    rows = sorted_samples(session)
    targets: list[Any] = [None, 7, io.StringIO(), object(), lambda data: None]
    for target in targets:
        with pytest.raises(UnsupportedOperationError, match=r"copy_to\(\) writes"):
            await rows.copy_to(target)
    assert await rows.count() == 3


async def test_what_fails_leaves_no_file(session: AsyncSession, tmp_path: Path, backend: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("what was there")
    divided = (
        RawSQL("1 / (id - 2)", (), None)
        if backend == "postgresql"
        else RawSQL("abs(-9223372036854775807 - id / 3)")
    )
    with pytest.raises(Exception, match=r"division by zero|overflow"):
        await sorted_samples(session).values("id").annotate(n=divided).copy_to(path)
    await session.rollback()
    with pytest.raises(FileNotFoundError):
        await sorted_samples(session).copy_to(tmp_path / "nowhere" / "rows.csv")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        await sorted_samples(session).copy_to(tmp_path)
    assert files_in(tmp_path) == {"rows.csv": b"what was there"}
    assert await sorted_samples(session).count() == 3


async def test_whoever_writes_may_fail(session: AsyncSession, backend: str) -> None:
    async def fail(_: bytes) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        await sorted_samples(session).copy_to(fail)
    await session.rollback()
    assert await sorted_samples(session).count() == 3


async def test_cancelled(samples: Database, tmp_path: Path, backend: str) -> None:
    writing = asyncio.Event()

    async def wait(_: bytes) -> None:
        writing.set()
        await asyncio.Event().wait()

    pool: Any = samples.engine.sync_engine.pool
    before = pool.checkedout()
    async with samples.session() as session:
        task = asyncio.create_task(sorted_samples(session).copy_to(wait))
        await writing.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await session.rollback()
        assert await sorted_samples(session).count() == 3
    assert pool.checkedout() == before


async def test_criteria_of_listeners_are_not_passed_by(session: AsyncSession, backend: str) -> None:
    event.listen(session.sync_session, "do_orm_execute", _hides)
    rows = sorted_samples(session).values_list("id", flat=True)
    if backend == "sqlite":
        assert await copied(rows) == "id\n2\n3\n"
    else:
        with pytest.raises(UnsupportedOperationError, match="may add criteria"):
            await copied(rows)


def _hides(state: Any) -> None:
    state.statement = state.statement.where(Sample.id > 1)


async def test_what_is_pending_is_flushed(session: AsyncSession, backend: str) -> None:
    session.add(Maker(id=7, name="new"))
    assert await copied(QuerySet(Maker, session).filter(id=7), header=False) == "7,new\n"


async def test_kinds_that_have_no_text(session: AsyncSession, backend: str) -> None:
    with pytest.raises(UnsupportedOperationError, match="'both' is made of several columns"):
        await copied(sorted_samples(session).values_list("both"))


async def test_psycopg(samples: Database, backend: str) -> None:
    """The same by the other driver."""
    if backend == "sqlite":
        pytest.skip("of PostgreSQL")
    url = samples.engine.url.set(drivername="postgresql+psycopg")
    async with Database(url) as database, database.session() as session:
        await session.execute(text("SET TIME ZONE 'UTC'"))
        rows = sorted_samples(session)
        assert await copied(rows.filter(id__in=[1, 2, 3]).exclude(name="100% '$1'")) == WHOLE
        assert await copied(rows.filter(name="100% %s").values("id"), delimiter="%") == "id\n"


async def test_in_a_transaction_of_a_tests_own(samples: Database, backend: str) -> None:
    async with samples.engine.connect() as connection, connection.begin() as transaction:
        mode: Any = {"join_transaction_mode": "create_savepoint"}
        async with samples.session_factory(bind=connection, **mode) as session:
            session.add(Maker(id=8, name="new"))
            assert await copied(QuerySet(Maker, session).filter(id=8), header=False) == "8,new\n"
        await transaction.rollback()


@pytest.mark.parametrize("kind", ["before_execute", "schema_translate_map"])
async def test_what_copy_would_pass_by(samples: Database, kind: str, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("of COPY")
    async with Database(samples.engine.url) as database, database.session() as session:
        rows = sorted_samples(session)
        if kind == "before_execute":
            event.listen(database.engine.sync_engine, "before_execute", lambda *_: None)
        else:
            rows = rows.execution_options(schema_translate_map={None: "other"})
        with pytest.raises(UnsupportedOperationError, match=f"cannot here: .*{kind}"):
            await copied(rows)


async def test_decimals_have_their_places(session: AsyncSession, backend: str) -> None:
    """As many as the database has, whatever Python is to see; as few as can be where nobody said any."""
    amount = Decimal("12345")
    session.add_all(
        [
            Amount(
                id=1, cents=Decimal("1.50"), whole=amount, free=amount, single=amount, seen=12.5, more=amount
            ),
            Amount(id=2, whole=7, free=Decimal("0.125"), single=Decimal("0.1"), seen=4, more=Decimal("0.25")),
            Amount(id=3, free=Decimal("1E+22"), single=Decimal("-0.00001")),
        ]
    )
    assert await copied(QuerySet(Amount, session).order_by("id"), header=False) == (
        "1,150,12345,12345,12345,12.50,12345.00\n"
        "2,,7,0.125,0.1,4.00,0.25\n"
        "3,,,10000000000000000000000,-1e-05,,\n"
    )


class Shapes(DeclarativeBase):
    """Models that are loaded with what their subclasses have."""


class Shape(Shapes):
    __tablename__ = "export_shapes"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "shape", "with_polymorphic": "*"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Circle(Shape):
    __tablename__ = "export_circles"
    __mapper_args__ = {"polymorphic_identity": "circle"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(ForeignKey(Shape.id), primary_key=True)
    radius: Mapped[int]


class Being(Shapes):
    __tablename__ = "export_beings"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "being"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Tree(Being):
    __tablename__ = "export_trees"
    __mapper_args__ = {"polymorphic_identity": "tree", "polymorphic_load": "selectin"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(ForeignKey(Being.id), primary_key=True)
    height: Mapped[int]


async def test_columns_of_subclasses(session: AsyncSession, backend: str) -> None:
    for model, column in ((Shape, "radius"), (Being, "height")):
        for rows in (QuerySet(model, session), QuerySet(model, session).defer("kind")):
            with pytest.raises(
                UnsupportedOperationError,
                match=rf"{model.__name__} are loaded with .*\({column}\).*values\(\)",
            ):
                await copied(rows)
    await session.run_sync(lambda sync: Shapes.metadata.create_all(sync.connection()))
    assert await copied(QuerySet(Shape, session).values()) == "id,kind\n"
    assert await copied(QuerySet(Shape, session).only("id", "kind")) == "id,kind\n"
    assert await copied(QuerySet(Circle, session)) == "id,kind,radius\n"
