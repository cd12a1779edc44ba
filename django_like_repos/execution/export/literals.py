"""A SELECT as a text that has its values in it, for COPY, which takes no parameters.

PostgreSQL itself writes the values, by ``quote_literal()``. Where they go nobody looks for in the text: what
stands for a value is written between characters that no SQL may have.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Final, NamedTuple

from sqlalchemy import Dialect

from django_like_repos.caching import cached

_MARK: Final = "\0"


class Apart(NamedTuple):
    """A compiled SELECT, taken apart where its values go."""

    pieces: tuple[str, ...]
    values: tuple[Any, ...]
    """As the driver takes them, one between each two pieces."""

    def numbered(self) -> str:
        """The text with numbers in the place of the values."""
        parts = [self.pieces[0]]
        for number, piece in enumerate(self.pieces[1:], 1):
            parts += f"${number}", piece
        return "".join(parts)

    def written(self, literals: Sequence[str | None]) -> str:
        """The text with what PostgreSQL wrote in the place of the values."""
        parts = [self.pieces[0]]
        for literal, piece in zip(literals, self.pieces[1:], strict=True):
            parts += "NULL" if literal is None else literal, piece
        return "".join(parts)


def apart(statement: Any, dialect: Dialect, params: Mapping[str, Any]) -> Apart:
    """A statement for a dialect, with the values of its params."""
    compiled = statement.compile(dialect=_marking(dialect))
    state = compiled.construct_expanded_state(params)
    pieces = state.statement.split(_MARK)
    values: list[Any] = []
    for name in pieces[1::2]:
        process = state.processors.get(name) or compiled._bind_processors.get(name)
        value = state.parameters[name]
        values.append(value if process is None else process(value))
    return Apart(tuple(pieces[::2]), tuple(values))


@cached(16)
def _marking(dialect: Dialect) -> Any:
    """The dialect, whose compiler marks where values go."""
    marking: Any = copy(dialect)
    marking.paramstyle, marking.positional = "named", False
    marking.identifier_preparer = marking.preparer(marking)
    marking.statement_compiler = type("Marking", (_Marking, dialect.statement_compiler), {})
    vars(marking).pop("_type_memos", None)
    return marking


class _Template:
    """What stands for a value, whatever the style of a driver's parameters."""

    def __get__(self, compiler: Any, kind: type[Any] | None = None) -> str:
        return f"{_MARK}%(name)s{_MARK}"

    def __set__(self, compiler: Any, value: object) -> None: ...


class _Marking:
    bindtemplate = _Template()
    compilation_bindtemplate = _Template()


def asked_for(types: Sequence[Any]) -> str:
    """What has PostgreSQL write values of these types as literals."""
    said = [
        f"quote_literal(CAST(CAST(${number} AS {_named(type_)}) AS text))"
        for number, type_ in enumerate(types, 1)
    ]
    return f"SELECT {', '.join(said)}"


def _named(type_: Any) -> str:
    name = f"_{type_.name[:-2]}" if type_.name.endswith("[]") else type_.name
    return f"{_quoted(type_.schema)}.{_quoted(name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
