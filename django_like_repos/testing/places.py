"""Where a test, or the code under test, is when it sends a statement: the line that asked for it."""

import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import greenlet
import sqlalchemy

_OURS: Final = tuple(
    str(Path(each or "").parent) for each in (sqlalchemy.__file__, sys.modules["django_like_repos"].__file__)
)
_LIBRARIES: Final = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)


def calling_line() -> str | None:
    """``file:line`` of the innermost code around this that belongs to no library.

    Where there is none, of what has called SQLAlchemy or us; None where nothing has, as in a task of its own.
    """
    nearest: str | None = None
    for frame in _frames():
        owner = _owner(frame.f_code.co_filename)
        if owner == "ours":
            continue
        line = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        if owner == "the user's":
            return line
        nearest = nearest or line
    return nearest


def _frames() -> Iterator[FrameType]:
    """The frames around this one, also those that have begun the greenlet that it runs in."""
    frame: FrameType | None = sys._getframe(2)
    running: Any = greenlet.getcurrent()
    while running is not None:
        while frame is not None:
            yield frame
            frame = frame.f_back
        running = running.parent
        frame = None if running is None else running.gr_frame


@lru_cache(4096)
def _owner(file: str) -> str:
    """Whose a file is: ``ours``, with SQLAlchemy's; a ``library``'s; or ``the user's``."""
    if file.startswith("<") or _is_in(file, _OURS):
        return "ours"
    return "library" if _is_in(file, _LIBRARIES) else "the user's"


def _is_in(file: str, folders: tuple[str, ...]) -> bool:
    return any(file.startswith((f"{folder}/", f"{folder}\\")) for folder in folders)
