"""Reads the documentation of the Python that runs it, as plain values; knows nothing of a database.

Modules are imported to be read, so those that do something when imported are left out.
"""

import importlib
import inspect
import io
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType

# They print, open a window, change the terminal, stand in for another package, or are only tests.
NOT_IMPORTED = frozenset({
    "antigravity", "distutils", "idlelib", "lib2to3", "readline", "rlcompleter", "test", "this", "tkinter",
    "turtle", "turtledemo",
})  # fmt: skip
# Removed or to be removed (PEP 594 and its like); each Python still has its own part of them.
DEPRECATED = frozenset({
    "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "imp", "mailcap",
    "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sre_compile", "sre_constants",
    "sre_parse", "sunau", "telnetlib", "uu", "xdrlib",
})  # fmt: skip


class Status(StrEnum):
    UNPUBLISHED = "unpublished"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Kind(StrEnum):
    CLASS = "class"
    FUNCTION = "function"
    METHOD = "method"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Entry:
    """One documented object."""

    name: str
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A class with its methods, or a group of a module's functions or constants."""

    name: str
    status: Status
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    status: Status
    topics: tuple[Topic, ...]


def module_names() -> list[str]:
    """The modules worth reading; some may not exist on this platform."""
    return sorted(
        name for name in sys.stdlib_module_names if not name.startswith("_") and name not in NOT_IMPORTED
    )


def read_modules(names: Iterable[str]) -> Iterator[Module]:
    """Those of the named modules that this platform has, read one at a time."""
    for name in names:
        # What a module prints or warns of when it is imported is not for the reader's user.
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            module = _read_module(name)
        if module is not None:
            yield module


def _read_module(name: str) -> Module | None:
    try:
        module = importlib.import_module(name)
    except ImportError:
        return None
    archived = name in DEPRECATED
    topics = tuple(_topics(module, archived=archived))
    return Module(name, _status(public=bool(_doc(module)), archived=archived), topics)


def _topics(module: ModuleType, *, archived: bool) -> Iterator[Topic]:
    members = _own_members(module)
    for name, value in members.items():
        if inspect.isclass(value):
            public = bool(_doc(value)) and not name.startswith("_")
            about = _class_entries(f"{module.__name__}.{name}", value)
            yield Topic(name, _status(public=public, archived=archived), tuple(about))

    functions = _documented(module.__name__, members, Kind.FUNCTION)
    groups = [
        ("Functions", True, [entry for entry in functions if not _is_private(entry)]),
        ("Private functions", False, [entry for entry in functions if _is_private(entry)]),
        ("Constants", True, _constants(module.__name__, members)),
    ]
    for title, public, entries in groups:
        if entries:
            yield Topic(title, _status(public=public, archived=archived), tuple(entries))


def _own_members(module: ModuleType) -> dict[str, object]:
    """What the module, or its C part (`_bisect` for `bisect`), defines or exports."""
    exported = frozenset(getattr(module, "__all__", ()))

    def is_own(name: str, value: object) -> bool:
        home = getattr(value, "__module__", None)
        defined_here = isinstance(home, str) and home.partition(".")[0].lstrip("_") == module.__name__
        return name in exported or defined_here or _is_constant(name, value)

    # `vars`, because `getattr` would wake a module's `__getattr__`.
    return {name: value for name, value in sorted(vars(module).items()) if is_own(name, value)}


def _class_entries(path: str, cls: type) -> Iterator[Entry]:
    if text := _doc(cls):
        yield Entry(path, Kind.CLASS, text)
    methods = {name: value for name, value in sorted(vars(cls).items()) if not name.startswith("_")}
    yield from _documented(path, methods, Kind.METHOD)


def _documented(path: str, members: Mapping[str, object], kind: Kind) -> list[Entry]:
    return [
        Entry(f"{path}.{name}", kind, text)
        for name, value in members.items()
        if inspect.isroutine(value) and (text := _doc(value))
    ]


def _constants(path: str, members: Mapping[str, object]) -> list[Entry]:
    return [
        Entry(f"{path}.{name}", Kind.CONSTANT, f"{name} = {value!r}")
        for name, value in members.items()
        if _is_constant(name, value)
    ]


def _is_constant(name: str, value: object) -> bool:
    is_plain = isinstance(value, bool | int | float | complex | str | bytes)
    return is_plain and name.isupper() and not name.startswith("_")


def _is_private(entry: Entry) -> bool:
    return entry.name.rpartition(".")[2].startswith("_")


def _status(*, public: bool, archived: bool) -> Status:
    if archived:
        return Status.ARCHIVED
    return Status.PUBLISHED if public else Status.UNPUBLISHED


def _doc(value: object) -> str:
    doc = getattr(value, "__doc__", None)
    return inspect.cleandoc(doc) if isinstance(doc, str) else ""
