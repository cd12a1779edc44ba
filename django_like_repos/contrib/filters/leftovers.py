"""What stands in the body of a ``FilterSet``, or beside it, and is no parameter: removals, and mistakes."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pydantic import PydanticUserError

from django_like_repos.contrib.filters.declarations import Declaration
from django_like_repos.contrib.filters.declared import Written
from django_like_repos.contrib.filters.methods import Parameter as Method
from django_like_repos.contrib.filters.nesting import Nested
from django_like_repos.errors import UnknownFieldError, UnsupportedOperationError

SETTINGS: Final = (
    "deepest_conditions",
    "defaults",
    "fields",
    "groups",
    "longest_text",
    "most_conditions",
    "most_values",
    "most_words",
    "required",
    "undeclared",
)


def check_plain(plain: Iterable[type]) -> None:
    """Raises UnsupportedOperationError for parameters and settings of bases that are no ``FilterSet``."""
    for each in plain:
        said = [
            name
            for name, value in vars(each).items()
            if name in SETTINGS or isinstance(value, (Declaration, Nested))
        ]
        for name, annotation in vars(each).get("__annotations__", {}).items():
            if not name.startswith("_") and "ClassVar" not in str(annotation):
                said.append(name)
        if said:
            raise UnsupportedOperationError(
                f"{each.__name__}.{said[0]} would say nothing here, since {each.__name__} is no FilterSet: "
                f"write class {each.__name__}(FilterSet[…]) of the model"
            )


def is_removal(name: str, namespace: Mapping[str, Any]) -> bool:
    """Whether None under a name takes a parameter away."""
    own = name in SETTINGS or name.startswith("_") or name == "model_config"
    return not own and name not in namespace.get("__annotations__", {})


def removed_by(
    owner: str, namespace: Mapping[str, Any], inherited: Mapping[str, Written], own: Mapping[str, Written]
) -> frozenset[str]:
    """The inherited parameters that a body takes away: by ``name = None``, or by nesting another class.

    Raises UnknownFieldError for None as what is no parameter.
    """
    removed: set[str] = set()
    for name, value in namespace.items():
        nones = value is None and is_removal(name, namespace)
        if not nones and not isinstance(value, Nested):
            continue
        found = [each for each in inherited if name in (each, inherited[each].brought_by)]
        if nones and name in own:
            raise UnsupportedOperationError(f"{name!r} is declared, and removed by None: one of both")
        if nones and not found:
            raise UnknownFieldError(owner, name, name, inherited)
        removed.update(found)
    return frozenset(removed)


def without(removed: frozenset[str], setting: str, said: Any) -> Any:
    """A setting that was inherited, of the parameters that are left."""
    if setting == "defaults":
        return {name: default for name, default in said.items() if name not in removed}
    if setting == "required":
        return [name for name in said if name not in removed]
    groups = [[name for name in group if name not in removed] for group in said]
    return [group for group in groups if len(group) > 1]


def check_values(owner: str, namespace: Mapping[str, Any], parameters: Mapping[str, Written]) -> None:
    """Raises UnsupportedOperationError for what a body has under the name of a parameter, and is none.

    It would stand in the class for nothing, since the name is that of the parameter.
    """
    for name in namespace.keys() & parameters.keys() - namespace.get("__annotations__", {}).keys():
        value = namespace[name]
        if value is None or isinstance(value, Declaration):
            continue
        if isinstance(parameters[name].declaration, Method):
            way_out = f"put @parameter above def {name}()"
        else:
            way_out = f"annotate it, give another name, or remove the parameter by {name} = None"
        raise UnsupportedOperationError(
            f"{owner}.{name} is the name of a parameter, and says none: {way_out}"
        )


def said_by(error: PydanticUserError, namespace: Mapping[str, Any]) -> str:
    """What is wrong with a class of which pydantic makes no model."""
    if error.code != "model-field-missing-annotation":
        return error.message
    parts = [
        (name, get_close_matches(name, SETTINGS, n=1))
        for name in namespace
        if name not in SETTINGS and name[0] != "_"
    ]
    meant = [f"{name!r} is no setting: did you mean {close[0]!r}?" for name, close in parts if close]
    return " ".join(meant) or error.message.partition(". ")[0]


def check_validators(filterset: Any, inherited: Any, where: str) -> None:
    """Raises UnsupportedOperationError for validators of the class, which see parameters that are sent."""
    own, base = filterset.__pydantic_decorators__, inherited.__pydantic_decorators__
    for kind in ("field_validators", "model_validators", "root_validators", "validators"):
        more = getattr(own, kind).keys() - getattr(base, kind).keys()
        if more:
            raise UnsupportedOperationError(
                f"{filterset.__name__}.{min(more)}() would not be asked {where}: "
                "write Annotated[…, AfterValidator(…)] of what it checks"
            )
