"""SQL of the user's own, with params in it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine


def raw_sql(sql: str, params: Sequence[Any], type_: TypeEngine[Any]) -> Any:
    """``sql`` in brackets, each ``%s`` in it one of the params; ``%%`` is a percent sign."""
    return _Raw(sql, params, type_)


def templated(template: str, joiner: str, arguments: Sequence[Any], data: dict[str, Any]) -> Any:
    """A function call as its template says: ``%(function)s(%(expressions)s)``."""
    return _Templated(template, joiner, arguments, data)


class _Raw(FunctionElement[Any]):
    name = "raw"
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012
        *FunctionElement._traverse_internals,
        ("text", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, text: str, params: Sequence[Any], type_: TypeEngine[Any]) -> None:
        super().__init__(*params)
        self.text = text
        self.type = type_


class _Templated(FunctionElement[Any]):
    name = "templated"
    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012
        *FunctionElement._traverse_internals,
        ("template", InternalTraversal.dp_string),
        ("joiner", InternalTraversal.dp_string),
        ("data", InternalTraversal.dp_plain_dict),
    ]

    def __init__(self, template: str, joiner: str, arguments: Sequence[Any], data: dict[str, Any]) -> None:
        super().__init__(*arguments)
        self.template = template
        self.joiner = joiner
        self.data = data


@compiles(_Raw)
def _say_raw(raw: _Raw, compiler: SQLCompiler, **options: Any) -> str:
    said = [compiler.process(param, **options) for param in raw.clauses]
    return f"({_template(raw.text, compiler) % tuple(said)})"


@compiles(_Templated)
def _say_templated(call: _Templated, compiler: SQLCompiler, **options: Any) -> str:
    said = [compiler.process(argument, **options) for argument in call.clauses]
    expressions = _doubled(call.joiner, compiler).join(said)
    data = {name: _doubled(each, compiler) for name, each in call.data.items()}
    return _template(call.template, compiler) % {**data, "expressions": expressions, "field": expressions}


def _template(text: str, compiler: SQLCompiler) -> str:
    """A template that gives the percent signs of its own as the driver wants them."""
    return text.replace("%%", _doubled("%%", compiler))


def _doubled(value: Any, compiler: SQLCompiler) -> Any:
    # Drivers whose parameters begin with a percent sign take two for one.
    double = isinstance(value, str) and compiler.preparer._double_percents
    return value.replace("%", "%%") if double else value
