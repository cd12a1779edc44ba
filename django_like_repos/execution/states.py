"""What kind of error a driver has raised, by its SQLSTATE: never by its text."""


def state_of(error: BaseException | None) -> str | None:
    """The five characters; None where the driver says none."""
    state: str | None = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state
