"""``to_arrow()``, ``copy_to()`` and their kin: which columns are exported, and under which names."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy.orm import Mapper

from django_like_repos.clauses.checks import check_number
from django_like_repos.clauses.projecting import projected
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.fields import kept_of
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.mapping.projection import outputs, outputs_of
from django_like_repos.query import Query
from django_like_repos.query.places import REPLICA

DEFAULT_BATCH: Final = 65_536
"""Rows of a batch, where nobody says otherwise."""


def exported(query: Query, call: str) -> Query:
    """The query that reads the columns of an export: those of ``values()``, or all that a model loads.

    Raises UnsupportedOperationError for rows that have no columns, or two of one name.
    """
    if query.settings.into is not None:
        raise UnsupportedOperationError(
            f"{call}() has columns and no objects, and cannot follow into(): values(…) names the columns"
        )
    if query.settings.reads == REPLICA:
        raise UnsupportedOperationError(
            f"{call}() reads in a transaction, and replicas are read without: using('primary')"
        )
    if query.frame.projection is None:
        query = projected(query, call, _loaded(query), "tuple", told=True)
    names = names_of(query)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnsupportedOperationError(
            f"{call}(): there are several columns {', '.join(map(repr, twice))}: each is named once"
        )
    return query.evolve(row="tuple", prefetches=())


def names_of(query: Query) -> tuple[str, ...]:
    """The names of the columns of an exported query, in order."""
    if query.frame.combined is not None:
        return outputs_of(query.shape)
    return outputs(query.names, query.frame.projection, query.steps)


def _loaded(query: Query) -> tuple[str, ...]:
    """The columns that the models of a query are loaded with, where that is not all."""
    fields, mapper = query.frame.fields, mapper_of(query.model)
    keys = [field.key for field in columns_of(mapper)]
    kept = None if fields is None else kept_of(fields, (), mapper)
    if kept is None or kept.deferred:
        _refuse_subclasses(mapper)
        left_out = {key for key in keys if mapper.column_attrs[key].deferred}
        loaded = [key for key in keys if key not in left_out.union(kept.keys if kept else ())]
    else:
        loaded = [key for key in keys if key in kept.keys]
    # Those of all are the shape of values().
    return () if loaded == keys else (*loaded, *outputs_of(query.shape))


def _refuse_subclasses(mapper: Mapper[Any]) -> None:
    """Raises UnsupportedOperationError where models are loaded with columns that their subclasses have."""
    loaded = [
        each
        for each in mapper.self_and_descendants
        if each in mapper.with_polymorphic_mappers or each.polymorphic_load == "selectin"
    ]
    keys = sorted(
        {prop.key for each in loaded for prop in each.column_attrs}.difference(mapper.column_attrs.keys())
    )
    if keys:
        name = mapper.class_.__name__
        raise UnsupportedOperationError(
            f"models of {name} are loaded with columns of their subclasses ({', '.join(keys)}), and exports "
            f"have those of one class: values() reads those of {name}, one of a subclass all of its own"
        )


def checked_size(size: Any, call: str) -> int:
    """The rows of a batch. Raises UnsupportedOperationError for what is no number of them."""
    check_number(call, "size", size, least=1)
    return int(size)


def checked_types(query: Query, types: Any, call: str) -> Mapping[str, Any]:
    """The types that a caller has for columns. Raises UnsupportedOperationError for a name that is none."""
    if types is None:
        return {}
    if not isinstance(types, Mapping):
        raise UnsupportedOperationError(f"{call}(): types is a dict of names and Arrow types, not {types!r}")
    names = names_of(query)
    for name in types:
        if name not in names:
            raise UnsupportedOperationError(
                f"{call}(): types={{{name!r}: …}} is of no column; there are {', '.join(names)}"
            )
    return types


class CopyOptions(NamedTuple):
    """How ``copy_to()`` writes rows."""

    format: str
    header: bool
    """Whether the names of the columns come first; always written by us, whatever the SELECT calls them."""
    delimiter: str
    null: str

    @property
    def said(self) -> dict[str, Any]:
        """The options of COPY."""
        if self.format == "binary":
            return {"format": "binary"}
        return {"format": self.format, "delimiter": self.delimiter, "null": self.null}


def copy_options(format: Any, header: Any, delimiter: Any, null: Any) -> CopyOptions:
    """What ``copy_to()`` was told. Raises UnsupportedOperationError for what COPY would not take."""
    if format not in _FORMATS:
        raise UnsupportedOperationError(f"copy_to(format={format!r}): there are {', '.join(_FORMATS)}")
    if header is not None and not isinstance(header, bool):
        raise UnsupportedOperationError(f"copy_to(header=…): True or False, not {header!r}")
    if format == "binary":
        if header or delimiter is not None or null is not None:
            raise UnsupportedOperationError(
                "copy_to(format='binary') has no header, no delimiter and no text for NULL"
            )
        return CopyOptions(format, False, "", "")
    usual_delimiter, usual_null = _FORMATS[format]
    said = CopyOptions(
        format,
        format == "csv" if header is None else header,
        usual_delimiter if delimiter is None else delimiter,
        usual_null if null is None else null,
    )
    _check_marks(said)
    return said


def _check_marks(options: CopyOptions) -> None:
    delimiter, null = options.delimiter, options.null
    taken = _TAKEN_BY_TEXT if options.format == "text" else '"\r\n\0'
    if not isinstance(delimiter, str) or len(delimiter) != 1 or not delimiter.isascii() or delimiter in taken:
        raise UnsupportedOperationError(
            f"copy_to(delimiter=…): one character of ASCII that rows are not written with, not {delimiter!r}"
        )
    if not isinstance(null, str) or delimiter in null or any(each in null for each in '"\r\n\0'):
        raise UnsupportedOperationError(
            f"copy_to(null=…): a text without the delimiter, quotes and ends of lines, not {null!r}"
        )


_FORMATS: Final[dict[str, tuple[str, str]]] = {"csv": (",", ""), "text": ("\t", "\\N"), "binary": ("", "")}
_TAKEN_BY_TEXT: Final = "\\\r\n\0.abcdefghijklmnopqrstuvwxyz0123456789"
"""What PostgreSQL takes for no delimiter of its text format."""
