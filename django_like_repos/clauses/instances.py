"""New model instances from names and values, with what is wrong refused before SQLAlchemy sees it."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import JSON, Column
from sqlalchemy.ext.associationproxy import AssociationProxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import ColumnProperty, CompositeProperty, Mapper, RelationshipProperty, SynonymProperty

from django_like_repos.caching import cached, cached_by_class
from django_like_repos.clauses.attached import check_related
from django_like_repos.clauses.storing import fit, read_in, stored
from django_like_repos.errors import InvalidLookupValueError, UnknownFieldError, UnsupportedOperationError
from django_like_repos.language.kinds import is_computed, is_expression, is_json_null
from django_like_repos.language.operands import Target
from django_like_repos.mapping.models import mapper_of, names_of
from django_like_repos.mapping.paths import SEPARATOR, field_path, lookup_path
from django_like_repos.mapping.written import as_written
from django_like_repos.query import Names, names


def instance(names: Names, verb: str, attributes: Mapping[str, Any], *, usual: bool) -> Any:
    """A new instance, its columns given what they store of the values; ``usual`` ones ``fit()`` as they are.

    Raises UnknownFieldError for what its constructor cannot take, and InvalidLookupValueError.
    """
    model = names.model
    taken = _taken(model)
    for name in attributes:
        if taken is not None and name not in taken:
            raise _unknown(model, name, taken)
    given = {**attributes}
    if not usual:
        # Of an attribute SQLAlchemy takes its own word for JSON's null.
        given = {name: JSON.NULL if is_json_null(each) else each for name, each in given.items()}
        given = given if _has_own_constructor(model) else settable(names, verb, given)
    try:
        made = model(**given)
    except TypeError as error:
        # Of a constructor that takes anything and hands it on to SQLAlchemy's.
        wrong = [name for name in given if str(error).startswith(f"{name!r} is an invalid keyword argument")]
        if not wrong:
            raise
        raise _unknown(model, wrong[0], _settable(model)) from None
    read_in(names, verb, made)
    return made


def settable(names: Names, verb: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes and values as an object is given them.

    What columns take is read as ``update()`` reads it; what the mapping has Python code for sees what was
    given, unless that can be read. Raises InvalidLookupValueError.
    """
    given: dict[str, Any] = {}
    for name, value in values.items():
        if fit(names, verb, {name: value}) or is_computed(value) or not is_plain_name(names.model, name):
            given[name] = value
            continue
        try:
            read = _read(_target(names, verb, name), value)
        except InvalidLookupValueError:
            if not _is_validated(names.model, name):
                raise
            # Its validator may make of it what the column takes.
            read = {name: value}
        given.update(read if len(read) == 1 or read.keys() <= _settable(names.model) else {name: value})
    return given


def attributes(names: Names, verb: str, lookups: Mapping[str, Any]) -> dict[str, Any]:
    """What a new instance gets from the keywords that looked for it: the bare names, their values coerced."""
    found: dict[str, Any] = {}
    for name, value in lookups.items():
        path, _ = lookup_path(names, name)
        if SEPARATOR not in name or name in names_of(mapper_of(names.model)):
            found.update(_read(Target(path, verb, name), value))
    return found


def _read(target: Target, value: Any) -> dict[str, Any]:
    """The attributes that stand for one name, and their values."""
    path, name = target.path, target.written
    own = path.shortest
    if path.hops and not path.relation:
        # An association proxy, which hands the value on itself.
        return {name: value}
    composite = path.composite
    if composite is not None:
        whole = composite.values_of(value)
        if value is None or (whole is None and not isinstance(value, (tuple, list))):
            return {name: value}
        parts = stored(target, value)
        return {name: value if parts == whole else composite.made_of(parts)}
    if path.relation and own.hops:
        check_related(target, value)
        return {name: value}
    if path.relation and (value is None or isinstance(value, path.mapper.class_)):
        return {name: value}
    return dict(zip([field.key for field in own.fields], stored(target, value), strict=True))


@cached(16384)
def _target(names: Names, verb: str, name: str) -> Target:
    return Target(field_path(names, name), verb, name)


def resolved(defaults: Mapping[str, Any] | None) -> dict[str, Any]:
    """Defaults with those that are callable called."""
    return {
        name: default() if callable(default) and not is_expression(default) else default
        for name, default in (defaults or {}).items()
    }


def check_names(names: Names, given: Iterable[str]) -> None:
    """Raises UnknownFieldError where the model has no attribute of a name that can be set."""
    for name in given:
        as_written(names, name, lambda name=name: _check_name(names.model, name))  # type: ignore[misc]


def check_defaults(names: Names, verb: str, *defaults: Any) -> None:
    """Raises UnsupportedOperationError for what is no dict of values, and what ``check_names()`` raises."""
    for each in defaults:
        if each is not None and not isinstance(each, Mapping):
            raise UnsupportedOperationError(
                f"{verb}() takes a dict of defaults, not {each!r}: what is looked for are keywords, "
                f"{verb}(name=…)"
            )
        check_names(names, each or ())


def _check_name(model: type[Any], name: str) -> None:
    if name not in _settable(model):
        raise _unknown(model, name, _settable(model))


def takes(model: type[Any], names: Iterable[str]) -> bool:
    """Whether a model's constructor takes keywords of these names."""
    taken = _taken(model)
    return taken is None or taken.issuperset(names)


@cached_by_class(4096)
def _taken(model: type[Any]) -> frozenset[str] | None:
    """The keywords of a constructor; None if it takes any and judges for itself."""
    _, *parameters = inspect.signature(model.__init__).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        # SQLAlchemy's constructor takes whatever the class has; another may take anything.
        return None if _has_own_constructor(model) else _settable(model)
    return frozenset(parameter.name for parameter in parameters)


@cached_by_class(4096)
def _settable(model: type[Any]) -> frozenset[str]:
    """What is mapped and stored, and the properties of a class that can be set."""
    mapper = mapper_of(model)
    mapped = {*names_of(mapper), *mapper.all_orm_descriptors.keys()}
    own = (name for base in model.__mro__ for name, member in vars(base).items() if _is_set(member))
    return frozenset(name for name in mapped.union(own) if _is_stored(mapper, name))


def _is_set(member: object) -> bool:
    return isinstance(member, property) and member.fset is not None


def _is_stored(mapper: Mapper[Any], name: str) -> bool:
    """Whether what an attribute is set to gets anywhere."""
    prop, descriptor = mapper.attrs.get(name), mapper.all_orm_descriptors.get(name)
    if isinstance(prop, ColumnProperty):
        (column, *_) = prop.columns
        return isinstance(column, Column) and column.computed is None
    if isinstance(prop, RelationshipProperty):
        return not prop.viewonly
    if isinstance(descriptor, AssociationProxy):
        return _is_stored(mapper, descriptor.target_collection)
    return not isinstance(descriptor, hybrid_property) or descriptor.fset is not None


@cached_by_class(4096)
def _has_own_constructor(model: type[Any]) -> bool:
    """Whether a class has a constructor that somebody wrote for it, which may take anything for anything."""
    constructor = mapper_of(model).class_manager.original_init
    # SQLModel's ignores what is none of its fields.
    if constructor.__module__ == "sqlalchemy.orm.decl_base" or hasattr(model, "model_fields"):
        return False
    # That of a dataclass has no file.
    return not getattr(constructor, "__code__", _NO_CODE).co_filename.startswith("<")


_NO_CODE: Final = compile("", "<none>", "exec")


@cached(8192)
def is_plain_name(model: type[Any], name: str) -> bool:
    """Whether an attribute is set to what it is given, with no Python code of the mapping in between."""
    mapper = mapper_of(model)
    prop = mapper.attrs.get(name)
    while isinstance(prop, SynonymProperty) and prop.descriptor is None:
        prop = mapper.attrs.get(prop.name)
    if isinstance(prop, ColumnProperty):
        return SEPARATOR not in name and isinstance(prop.columns[0], Column)
    return isinstance(prop, (CompositeProperty, RelationshipProperty)) and SEPARATOR not in name


def _is_validated(model: type[Any], name: str) -> bool:
    """Whether the mapping has a validator for an attribute."""
    mapper = mapper_of(model)
    return any(field.key in mapper.validators for field in field_path(names(model), name).fields)


def _unknown(model: type[Any], name: str, taken: Iterable[str]) -> UnknownFieldError:
    mapped = names_of(mapper_of(model))
    # What is mapped and cannot be given, as a dataclass's field with init=False, is no suggestion.
    return UnknownFieldError(model.__name__, name, name, taken if name in mapped else mapped)
