"""What a query that reads values gives: the names of its columns, in order."""

from django_like_repos.caching import cached
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.query import Names, Projection
from django_like_repos.query.shapes import Annotate, Shape


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


def reprojected(shape: Shape, fields: tuple[str, ...]) -> Shape:
    """The shape of a query, or of all that it is put together of, that reads these fields."""
    frame = shape.frame
    if frame.combined is None:
        position = len(shape.steps)
        return shape._replace(frame=frame._replace(projection=Projection(fields, position)))
    members = tuple([reprojected(member, fields) for member in frame.combined.members])
    return shape._replace(
        frame=frame._replace(
            combined=frame.combined._replace(members=members), projection=Projection(fields, 0)
        )
    )
