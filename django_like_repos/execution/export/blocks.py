"""What COPY writes as CSV, read into columns of Arrow by Arrow's own reader, while more is coming."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from django_like_repos.execution.export.arrays import of_words
from django_like_repos.execution.export.kinds import Kind
from django_like_repos.execution.export.packages import package

_BLOCK: Final = 4 << 20
"""Bytes that are read at a time."""

_SETTINGS: Final = (
    "SELECT current_setting('DateStyle') LIKE 'ISO%' AND current_setting('bytea_output') = 'hex' "
    "AND current_setting('extra_float_digits')::int > 0"
)


def writes_usually(connection: Connection) -> bool:
    """Whether a session of PostgreSQL says values in full, and as Arrow reads them."""
    return bool(connection.exec_driver_sql(_SETTINGS).scalar())


class Parsing(NamedTuple):
    """How the columns of a text are read."""

    pa: Any
    schema: Any
    kinds: Sequence[Kind]

    def parse(self, data: bytes) -> Any:
        """The rows of a text, which begins and ends with one, as a table. Raises pyarrow's ArrowException."""
        csv = package("pyarrow.csv", "to_arrow", "arrow")
        names = [f"c{place}" for place, _ in enumerate(self.kinds)]
        # Names of columns, in front of which no text is taken for a mark of its encoding.
        held = self.pa.BufferReader(b"".join((",".join(names).encode(), b"\n", data)))
        read = csv.read_csv(
            held,
            # What is quoted may have ends of lines, and is found by one thread alone.
            parse_options=csv.ParseOptions(newlines_in_values=b'"' in data, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types={
                    name: _read_as(self.pa, kind) for name, kind in zip(names, self.kinds, strict=True)
                },
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )
        columns = [
            _FINISHED[kind.way](self.pa, kind, column)
            for kind, column in zip(self.kinds, read.columns, strict=True)
        ]
        return self.pa.Table.from_arrays(columns, schema=self.schema)


def parsing_of(pa: Any, schema: Any, kinds: Sequence[Kind]) -> Parsing | None:
    """How such columns are read of a text; None where Arrow's reader does not know one of them."""
    known = all(kind.way in _FINISHED and _is_read(pa, kind) for kind in kinds)
    return Parsing(pa, schema, kinds) if known else None


def _is_read(pa: Any, kind: Kind) -> bool:
    return not pa.types.is_decimal256(kind.type)


def _read_as(pa: Any, kind: Kind) -> Any:
    return kind.type if kind.way in ("plain", "stored") and not pa.types.is_binary(kind.type) else pa.string()


def _plain(pa: Any, kind: Kind, column: Any) -> Any:
    if not pa.types.is_binary(kind.type):
        return column
    return _each(pa, kind, column, lambda text: bytes.fromhex(text[2:]))


def _uuids(pa: Any, kind: Kind, column: Any) -> Any:
    return pa.chunked_array([_of_hex(pa, kind, chunk) for chunk in column.chunks], type=kind.type)


def _of_hex(pa: Any, kind: Kind, texts: Any) -> Any:
    """UUIDs of their texts, all at once."""
    digits = pa.compute.replace_substring(texts.fill_null("0" * 32), "-", "")
    held = bytes.fromhex("".join(digits.to_pylist()))
    stored = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(texts), [_validity(pa, texts), pa.py_buffer(held)]
    )
    return pa.ExtensionArray.from_storage(kind.type, stored)


def _validity(pa: Any, texts: Any) -> Any:
    return pa.compute.is_valid(texts).buffers()[1] if texts.null_count else None


def _words(pa: Any, kind: Kind, column: Any) -> Any:
    return pa.chunked_array([of_words(pa, kind, chunk) for chunk in column.chunks], type=kind.type)


def _each(pa: Any, kind: Kind, column: Any, read: Callable[[str], Any]) -> Any:
    values = [None if text is None else read(text) for text in column.to_pylist()]
    return pa.chunked_array([pa.array(values, type=kind.type)])


_FINISHED: Final[dict[str, Callable[[Any, Kind, Any], Any]]] = {
    "plain": _plain,
    "stored": _plain,
    "uuids": _uuids,
    "words": _words,
}


class Blocks:
    """The text of all rows as it comes, and the tables that it becomes."""

    def __init__(self, parsing: Parsing) -> None:
        self._parsing = parsing
        self._parts: list[bytes] = []
        self._size = 0
        self._reading: asyncio.Future[Any] | None = None
        self._tables: list[Any] = []
        self._failed = False

    async def take(self, data: bytes) -> None:
        """Takes text, which is of whole rows."""
        if self._failed:
            return
        self._parts.append(data)
        self._size += len(data)
        if self._size >= _BLOCK:
            await self._read()

    async def table(self) -> Any:
        """All of it; None where it was not to be read."""
        if self._parts:
            await self._read()
        await self._finish()
        if self._failed:
            return None
        pa, schema = self._parsing.pa, self._parsing.schema
        return pa.concat_tables(self._tables) if self._tables else schema.empty_table()

    async def _read(self) -> None:
        await self._finish()
        text, self._parts, self._size = b"".join(self._parts), [], 0
        loop = asyncio.get_running_loop()
        self._reading = loop.run_in_executor(None, self._parsing.parse, text)

    async def _finish(self) -> None:
        reading, self._reading = self._reading, None
        if reading is None or self._failed:
            return
        try:
            self._tables.append(await reading)
        except (self._parsing.pa.ArrowException, ValueError):
            # A date before Christ, say, or an infinite one: what the driver makes of it, or says, is told.
            self._failed, self._tables = True, []
