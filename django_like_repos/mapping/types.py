"""What stands behind the type of a column."""

from typing import Any


def impl_of(type_: Any) -> Any:
    """The type that a ``TypeDecorator`` decorates; another type as it is."""
    return getattr(type_, "impl_instance", type_)
