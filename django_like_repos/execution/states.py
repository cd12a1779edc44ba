"""What kind of error a driver has raised, by its SQLSTATE: by its text only where it says nothing else."""

from typing import Final

FAILED: Final = "user-defined function raised exception"
"""What SQLite says of a function of Python's, such as that of regular expressions; it has no number."""
_DATA: Final = "22"
"""The class of what is wrong with a value: too long, out of range, divided by zero, no pattern, no JSON."""


def state_of(error: BaseException | None) -> str | None:
    """The five characters; None where the driver says none."""
    state: str | None = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state


def is_of_value(error: BaseException | None) -> bool:
    """Whether a database, or a driver before it, could not do with a value that it was given.

    asyncpg refuses by itself what the type of a parameter cannot have, and that error has no SQLSTATE.
    """
    state = state_of(error)
    if state is not None:
        return state.startswith(_DATA)
    if FAILED in str(error):
        return True
    cause = None if error is None else error.__cause__
    return isinstance(cause, ValueError) and type(cause).__name__ == "DataError"
