"""What a query that reads values gives: the names of its columns, in order."""

from collections.abc import Hashable, Iterator

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.mapping.paths import Path, field_path
from django_like_repos.query import Names, Projection
from django_like_repos.query.shapes import Annotate, Atom, Order, Reference, Shape, Sort


def outputs_of(shape: Shape) -> tuple[str, ...]:
    """The names of the values in a row; of models, of what is annotated on them."""
    while shape.frame.combined is not None:
        if shape.frame.projection is not None:
            return shape.frame.projection.fields
        shape = shape.frame.combined.members[0]
    return _outputs(shape.names, shape.frame.projection, shape.steps)


def outputs(names: Names, projection: Projection | None, steps: tuple[object, ...]) -> tuple[str, ...]:
    """The same of the parts of a query."""
    if not names.annotations and projection is not None and projection.fields:
        return projection.fields
    if not names.annotations:
        steps = ()
    return _outputs(names, projection, steps)


@cached(4096)
def _outputs(names: Names, projection: Projection | None, steps: tuple[object, ...]) -> tuple[str, ...]:
    if projection is None:
        return _annotated(names, steps)
    before, after = steps[: projection.position], steps[projection.position :]
    fields = projection.fields
    if not fields:
        columns = tuple([field.key for field in columns_of(mapper_of(names.model))])
        fields = (*columns, *_annotated(names, before))
    return tuple(dict.fromkeys((*fields, *_annotated(names, after))))


def _annotated(names: Names, steps: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            step.name
            for step in steps
            if isinstance(step, Annotate) and names.annotations[step.name].selected
        )
    )


Place = tuple[str, int]
"""One column of the rows of a combination: the name of a value, and its number among that value's columns."""


def places_of(shape: Shape) -> tuple[Place, ...]:
    """The columns of the rows of a combination, in order."""
    assert shape.frame.combined is not None
    first = shape.frame.combined.members[0]
    names = outputs_of(first)
    if first.frame.projection is None:
        names = (*[field.key for field in columns_of(mapper_of(shape.names.model))], *names)
    return tuple(
        [(name, part) for name in names for part, _ in enumerate(field_path(shape.names, name).types)]
    )


def places_named(shape: Shape, path: Path) -> tuple[Place, ...]:
    """Those that a path names, transforms left aside; none where it is none of the values."""
    places = places_of(shape)
    path = path.bare
    named = tuple([place for place in places if place[0] == path.name])
    if named or path.annotation is not None or path.shortest.hops:
        return named
    keys = {_key(shape, place): place for place in reversed(places)}
    wanted = [field.key for field in path.shortest.fields]
    return tuple([keys[key] for key in wanted]) if keys.keys() >= {*wanted} else ()


def check_of_union(shape: Shape, path: Path) -> None:
    """Raises UnsupportedOperationError for a path that is no value of the rows of a combination.

    Models have what each of them leads to besides.
    """
    if places_named(shape, path):
        return
    if shape.frame.projection is None and path.hops and not path.crosses_to_many:
        return
    known = ", ".join(dict.fromkeys(name for name, _ in places_of(shape)))
    raise UnsupportedOperationError(
        f"{path.name!r} is none of the values of the rows of several querysets, which are {known}"
    )


def _key(shape: Shape, place: Place) -> str | None:
    """The column of the model itself that a place has, if it has one."""
    name, part = place
    path = field_path(shape.names, name)
    own = path.annotation is None and not path.transforms and not path.shortest.hops
    return path.shortest.fields[part].key if own else None


def paths_in(shape: Hashable) -> Iterator[str]:
    """The paths that an ordering, or an expression, names; not those within its subqueries."""
    if isinstance(shape, (Order, Reference)):
        if shape.path is not None:
            yield shape.path
    elif isinstance(shape, Atom):
        yield shape.path
        yield from paths_in(shape.operand)
    elif isinstance(shape, tuple) and not isinstance(shape, Shape):
        for part in shape:
            yield from paths_in(part)


@cached(4096)
def columns_ordered_by(names: Names, order: Order | Sort) -> tuple[Hashable, ...]:
    """The columns that a term of an ordering stands for: a field of the model itself where it is one."""
    path = order.path if isinstance(order, Order) else None
    if isinstance(order, Sort) and isinstance(order.value, Reference):
        path = order.value.path
    if path is None:
        return (order,)
    found = field_path(names, path).shortest
    if found.hops or found.transforms or found.annotation is not None:
        return tuple([(found.name, place) for place, _ in enumerate(found.types)])
    return found.fields


def reprojected(shape: Shape, fields: tuple[str, ...]) -> Shape:
    """The shape of a query, or of all that it is put together of, that reads these fields."""
    frame = shape.frame
    if frame.combined is None:
        position = len(shape.steps)
        return shape._replace(frame=frame._replace(projection=Projection(fields, position)))
    combined = frame.combined
    read = combined._replace(members=tuple([reprojected(member, fields) for member in combined.members]))
    known = shape._replace(frame=frame._replace(combined=read, projection=Projection(fields, 0)))
    extra = _ordering_columns(known)
    if not extra:
        return known
    members = tuple([reprojected(member, (*fields, *extra)) for member in combined.members])
    return known._replace(frame=known.frame._replace(combined=combined._replace(members=members)))


def _ordering_columns(shape: Shape) -> tuple[str, ...]:
    """What the rows of a combination are ordered by that is not among their values: it has to be read too."""
    paths = [field_path(shape.names, path).bare for path in paths_in(shape.ordering)]
    missing = [path for path in paths if not places_named(shape, path)]
    keys = [
        [path.name] if path.shortest.hops else [field.key for field in path.shortest.fields]
        for path in missing
    ]
    return tuple(dict.fromkeys(key for each in keys for key in each))
