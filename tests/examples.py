"""How many examples a property test has: few each time, its own number thoroughly, many in `make fuzz`."""

from hypothesis import settings

FEW, THOROUGH, MANY = 3, 100, 5_000


def register_profiles() -> None:
    """A run repeats the one before it; `make fuzz` looks for what no run has tried."""
    settings.register_profile("few", deadline=None, derandomize=True, max_examples=FEW)
    settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=THOROUGH)
    settings.register_profile("fuzz", deadline=None, max_examples=MANY)
    settings.load_profile("few")


def is_thorough() -> bool:
    return settings().max_examples >= THOROUGH


def is_fuzzing() -> bool:
    return settings().max_examples > THOROUGH


def examples(thoroughly: int) -> settings:
    """The settings of a test that has so many examples in a thorough run, and more only in a longer one."""
    most = settings().max_examples
    return settings(max_examples=most if is_fuzzing() else max(1, thoroughly * most // THOROUGH))
