"""``related()``: whose rows, by which relation, and the objects, keys and values that its calls are given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from sqlalchemy import Column, inspect
from sqlalchemy.ext.associationproxy import AssociationProxyInstance
from sqlalchemy.orm import InstanceState, Mapper, QueryableAttribute, Session
from sqlalchemy.sql.elements import ClauseElement

from django_like_repos.caching import cached
from django_like_repos.clauses.instances import resolved
from django_like_repos.clauses.storing import stored
from django_like_repos.errors import InvalidLookupValueError, UnknownFieldError, UnsupportedOperationError
from django_like_repos.language.kinds import is_expression
from django_like_repos.language.operands import Target
from django_like_repos.mapping.links import Between, Link, link_of, link_through
from django_like_repos.mapping.models import hop_of, key_of, proxy_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.written import as_written
from django_like_repos.query import Names, is_queryset, names
from django_like_repos.values import Refused, coercion_of, read_back, shown, unheld

_CALL = "related"


def checked_owner(model: type[Any], obj: Any, session: Session | None) -> InstanceState[Any]:
    """The state of an object whose related rows are meant.

    Raises UnsupportedOperationError where it is of another model, new, detached, or of another session.
    """
    state: Any = inspect(obj, raiseerr=False)
    if not isinstance(obj, model) or not isinstance(state, InstanceState):
        raise UnsupportedOperationError(f"{_CALL}() takes an object of {model.__name__}, not {obj!r}")
    name = type(obj).__name__
    if state.transient:
        raise UnsupportedOperationError(
            f"{_CALL}(): this {name} is new and in no session: add() it to the repository first"
        )
    if state.deleted:
        raise UnsupportedOperationError(
            f"{_CALL}(): this {name} was deleted in this transaction, and nothing is related to it any more"
        )
    if state.session is None:
        raise UnsupportedOperationError(
            f"{_CALL}(): this {name} is detached: merge() makes one that is in the session, or read it there"
        )
    if session is not None and state.session is not session:
        raise UnsupportedOperationError(
            f"{_CALL}(): this {name} is in another session: take the one that this session reads"
        )
    return state


def link_named(written: Names, mapper: Mapper[Any], path: Any) -> Link:
    """The relation of a name, or of an attribute of the model.

    Raises UnknownFieldError, NameNotAllowedError, and UnsupportedOperationError for a longer path, one to a
    single row, one that nothing can be written through, and what is no relation at all.
    """
    name = path if isinstance(path, str) else _name_of(mapper, path)
    return as_written(written, name, lambda: _link(mapper, name))


@cached(4096)
def _link(mapper: Mapper[Any], name: str) -> Link:
    hop = hop_of(mapper, name)
    if hop is not None:
        return link_of(hop, key_of(hop.target))
    proxy = proxy_of(mapper, name)
    if proxy is not None:
        return _of_proxy(mapper, name, *proxy)
    path = field_path(names(mapper.class_), name)
    if len(path.named) > 1:
        first, _, _ = name.partition(SEPARATOR)
        raise UnsupportedOperationError(
            f"{_CALL}({name!r}): {path} leads over {len(path.named)} relations, and {_CALL}() writes one: "
            f"read the objects that {first!r} leads to, and name the last relation of one of them"
        )
    raise UnsupportedOperationError(f"{_CALL}({name!r}): {path} is no relation")


def _of_proxy(mapper: Mapper[Any], name: str, relation: str, attribute: str) -> Link:
    """What a proxy over a class between stands for. Raises UnsupportedOperationError for another one."""
    hop = hop_of(mapper, relation)
    far = None if hop is None else hop_of(hop.target, attribute)
    if hop is None or far is None:
        raise UnsupportedOperationError(
            f"{_CALL}({name!r}): {mapper.class_.__name__}.{name} is a proxy of values: "
            f"{_CALL}({relation!r}) is the relation behind it"
        )
    if (
        not hop.to_many
        or far.to_many
        or not far.remote
        or hop.relation is None
        or hop.relation.secondary is not None
    ):
        raise UnsupportedOperationError(
            f"{_CALL}({name!r}): {mapper.class_.__name__}.{name} is a proxy of {hop!r} and {far!r}, which "
            f"are no two ends of a class between: {_CALL}({relation!r}) is the relation behind it"
        )
    return link_through(hop, far, name)


def _name_of(mapper: Mapper[Any], path: Any) -> str:
    """What a model calls one of its attributes."""
    if isinstance(path, AssociationProxyInstance):
        proxy: Any = path.parent
        found = [key for key, each in mapper.all_orm_descriptors.items() if each is proxy]
        owner: Any = path.owning_class
    elif isinstance(path, QueryableAttribute):
        found, owner = [path.key], path.class_
    else:
        raise UnsupportedOperationError(
            f"{_CALL}() takes the name of a relation, or the attribute Model.relation, not {path!r}"
        )
    if not found or not issubclass(mapper.class_, owner):
        raise UnsupportedOperationError(f"{_CALL}(): {path} is no relation of {mapper.class_.__name__}")
    return found[0]


class Member(NamedTuple):
    """A related row, by its key, or as an object that has none before it is flushed."""

    key: tuple[Any, ...] | None
    obj: Any = None


def members(link: Link, verb: str, zone: str, given: Iterable[Any], session: Session) -> list[Member]:
    """Objects and keys, as ``add()`` takes them; a key is read as in a filter.

    Raises InvalidLookupValueError, and UnsupportedOperationError for objects that are of another model or
    session, or have no row.
    """
    path = _path_of(link, zone)
    return [_member(link, Target(path, verb, link.name), each, session) for each in given]


def listed(verb: str, objs: Any) -> list[Any]:
    """What ``set()`` is given. Raises UnsupportedOperationError for what is no list."""
    if is_queryset(objs) or isinstance(objs, (str, bytes)) or not isinstance(objs, Iterable):
        hint = ": await the queryset" if is_queryset(objs) else ""
        raise UnsupportedOperationError(f"{verb}() takes a list of objects or keys, not {objs!r}{hint}")
    return [*objs]


def _member(link: Link, target: Target, value: Any, session: Session) -> Member:
    state: Any = inspect(value, raiseerr=False)
    verb, name = target.lookup, link.target.class_.__name__
    if isinstance(state, InstanceState):
        return _member_of(link, target, value, state, session)
    if is_queryset(value) or isinstance(value, (list, set, frozenset, dict, type, Iterator)):
        way = f"{verb}(*{'await queryset' if is_queryset(value) else 'objs'})"
        raise UnsupportedOperationError(
            f"{verb}() takes objects of {name} or their keys, not {value!r}: {way}"
        )
    if value is None or is_expression(value) or isinstance(value, ClauseElement):
        target.refuse(f"a {name} or its key", value)
    if len(link.keys) > 1 and not _is_own(link):
        target.refuse(f"an object of {name}", value)
    key = stored(target, value)
    if None in key:
        target.refuse(f"a {name} or its key", value)
    return Member(key)


def _member_of(link: Link, target: Target, value: Any, state: InstanceState[Any], session: Session) -> Member:
    verb, name = target.lookup, link.target.class_.__name__
    if not state.mapper.isa(link.target):
        raise UnsupportedOperationError(f"{verb}() of {link} takes objects of {name}, not {value!r}")
    if state.session is not None and state.session is not session:
        raise UnsupportedOperationError(f"{verb}(): this {name} is in another session")
    if state.deleted:
        raise UnsupportedOperationError(f"{verb}(): this {name} was deleted in this transaction")
    if state.transient:
        # A ValueError as Django's.
        target.refuse(f"a {name} that has a row", value, "create() makes one; or add() it to its repository")
    if state.pending or state.expired_attributes:
        # Flushed, or loaded, with those of all others.
        return Member(None if state.pending else held(state, [field.key for field in link.keys]), value)
    return Member(_key_of(link, state, target, value), value)


def check_unowned(link: Link, verb: str, given: Iterable[str]) -> None:
    """Raises UnsupportedOperationError where a new row is told whose it is, which ``related()`` says."""
    taken = [name for name in given if name == link.way_back or name in [each.key for each in link.foreign]]
    if taken:
        raise UnsupportedOperationError(
            f"{verb}({taken[0]}=…) of {link}: {taken[0]} says whose the {link.target.class_.__name__} is, "
            "and is set by that"
        )


def check_new(link: Link, verb: str, obj: Any, owner: Any) -> None:
    """Raises UnsupportedOperationError for an instance that has a row, or says that it is somebody else's."""
    if isinstance(obj, Mapping):
        return
    if not isinstance(obj, link.target.class_):
        model = link.target.class_.__name__
        raise UnsupportedOperationError(f"{verb}() takes dicts and instances of {model}, not {obj!r}")
    state: Any = inspect(obj)
    name = type(obj).__name__
    if state.persistent or state.detached:
        raise UnsupportedOperationError(f"{verb}() of {link}: this {name} has a row: add() relates it")
    other = None if link.way_back is None else state.dict.get(link.way_back)
    if other is not None and other is not owner:
        raise UnsupportedOperationError(
            f"{verb}() of {link}: {link.way_back} of this {name} is another {type(other).__name__}: let "
            f"{verb}() set it, or make it as one of that by related()"
        )


def check_clears(link: Link, verb: str) -> None:
    """Raises UnsupportedOperationError where rows cannot be related to nothing."""
    relation, name = link.hop.relation, link.target.class_.__name__
    if link.between is None and relation is not None and relation.cascade.delete_orphan:
        raise UnsupportedOperationError(
            f"{verb}() of {link}: the mapping deletes a {name} that is taken out (delete-orphan), and "
            f"{verb}() deletes nothing: related(…).objects.filter(…).delete() does"
        )
    if not link.clears:
        columns = " and ".join(field.key for field in link.foreign if not field.nullable)
        raise UnsupportedOperationError(
            f"{verb}() of {link}: {name}.{columns} cannot be NULL, so that a {name} has to be related to "
            "something: add() it to another, or related(…).objects.filter(…).delete() deletes it"
        )


def keys_of(link: Link, zone: str, given: Sequence[Member]) -> list[tuple[Any, ...]]:
    """The keys of members, each once: after a flush all have one."""
    target = Target(_path_of(link, zone), "add", link.name)
    keys = [
        _key_of(link, inspect(each.obj), target, each.obj) if each.key is None else each.key for each in given
    ]
    return list(dict.fromkeys(keys))


def _key_of(link: Link, state: InstanceState[Any], target: Target, value: Any) -> tuple[Any, ...]:
    key = held(state, [field.key for field in link.keys])
    if key is None:
        fields = ", ".join(field.key for field in link.keys)
        target.refuse(f"a {type(value).__name__} that has {fields}", value)
    return key


def held(state: InstanceState[Any], attributes: Sequence[str]) -> tuple[Any, ...] | None:
    """What an object has in some attributes, of which nothing is loaded; None where one is not there."""
    own = dict(zip([field.key for field in key_of(state.mapper)], state.identity or (), strict=False))
    found = tuple([state.dict.get(name, own.get(name)) for name in attributes])
    return None if None in found else found


def _is_own(link: Link) -> bool:
    """Whether related rows are named by their primary key."""
    return [field.key for field in link.keys] == [field.key for field in key_of(link.target)]


@cached(4096)
def _path_of(link: Link, zone: str) -> Path:
    """The path of the keys by which related rows are named."""
    on = names(link.target.class_, zone)
    if _is_own(link) or len(link.keys) != 1:
        return field_path(on, key_name(link.target))
    return field_path(on, link.keys[0].key)


def through(link: Link, verb: str, zone: str, defaults: Mapping[str, Any] | None) -> dict[str, Any]:
    """What ``through_defaults`` gives columns of the table between, by the columns' keys.

    Raises UnknownFieldError, InvalidLookupValueError, and UnsupportedOperationError where there is no table
    between, or for columns that say what is related.
    """
    between = link.between
    if defaults is not None and (between is None or not isinstance(defaults, Mapping)):
        _refuse_through(link, verb, defaults)
    if between is None:
        return {}
    given: dict[str, Any] = {**_mapped(between)}
    for name, value in resolved(defaults).items():
        ours = is_expression(value) and not isinstance(value, ClauseElement)
        if ours or is_queryset(value):
            raise UnsupportedOperationError(
                f"{verb}(through_defaults={{{name!r}: {value!r}}}): takes values, and SQLAlchemy's "
                "expressions"
            )
        pairs = _stored_between(between, verb, name, value, zone)
        for column, each in pairs:
            if column in between.near or column in between.far:
                raise UnsupportedOperationError(
                    f"{verb}(through_defaults={{{name!r}: …}}): {column.table.name}.{column.name} says what "
                    "is related, and is set by that"
                )
            given[column.key] = each
    return given


def _refuse_through(link: Link, verb: str, defaults: Any) -> NoReturn:
    if link.between is None:
        raise UnsupportedOperationError(
            f"{verb}(through_defaults=…): {link} has no table between that could have columns of its own"
        )
    raise UnsupportedOperationError(f"{verb}(): through_defaults is a dict, not {defaults!r}")


@cached(4096)
def _mapped(between: Between) -> dict[str, Any]:
    """What SQLAlchemy itself sets in rows of a class: of which subclass they are, and their first version."""
    mapper, found = between.mapper, dict[str, Any]()
    if mapper is None:
        return found
    if isinstance(mapper.polymorphic_on, Column) and mapper.polymorphic_identity is not None:
        found[str(mapper.polymorphic_on.key)] = mapper.polymorphic_identity
    if mapper.version_id_col is not None and callable(mapper.version_id_generator):
        found[str(mapper.version_id_col.key)] = mapper.version_id_generator(None)
    return found


def _stored_plain(column: Column[Any], verb: str, value: Any, zone: str) -> Any:
    """What a column of a table that no class maps stores. Raises InvalidLookupValueError."""
    if value is None or isinstance(value, ClauseElement):
        return value
    told = f"{verb}(through_defaults={{{column.key!r}: {shown(value)}}})"
    try:
        found = coercion_of(column.type, zone)(value)
    except Refused as refused:
        raise InvalidLookupValueError(f"{told}: takes {refused}, not {type(value).__name__}") from None
    wrong = unheld(column.type, found)
    if wrong:
        raise InvalidLookupValueError(f"{told}: {wrong}")
    return read_back(column.type, found)


def _stored_between(
    between: Between, verb: str, name: str, value: Any, zone: str
) -> Sequence[tuple[Column[Any], Any]]:
    """The columns that a name stands for, and what they store."""
    table = between.table
    if between.mapper is None:
        if name not in table.columns:
            raise UnknownFieldError(table.name, name, name, table.columns.keys())
        column = table.columns[name]
        return [(column, _stored_plain(column, verb, value, zone))]
    on = names(between.mapper.class_, zone)
    path = field_path(on, name)
    fields = path.shortest.fields
    columns = [field.column for field in fields if field.column is not None and field.column.table is table]
    if path.transforms or path.shortest.hops or len(columns) != len(fields) or not fields:
        raise UnsupportedOperationError(
            f"{verb}(through_defaults={{{name!r}: {shown(value)}}}): {path} is no column of {table.name}"
        )
    return list(zip(columns, stored(Target(path, verb, name), value), strict=True))
