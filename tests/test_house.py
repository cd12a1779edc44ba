"""The sizes that the house keeps: of files in lines, of classes in methods."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import django_like_repos

PACKAGE: Final = Path(django_like_repos.__file__).parent

MOST_LINES: Final = 400
MOST_METHODS: Final = 20
"""Of a class, properties among them, and what Python calls itself left aside."""
EXCEPTED: Final = {"QuerySet"}
"""Django decides how many methods it has; each is of one line or two."""


def too_large(folder: Path) -> Iterator[str]:
    """The files and classes that are larger than the house lets them be, and by what."""
    for file in sorted(folder.rglob("*.py")):
        text, name = file.read_text(), file.relative_to(folder)
        lines = len(text.splitlines())
        if lines > MOST_LINES:
            yield f"{name}: {lines} lines"
        for found in ast.walk(ast.parse(text)):
            if isinstance(found, ast.ClassDef) and found.name not in EXCEPTED:
                methods = len(_methods_of(found))
                if methods > MOST_METHODS:
                    yield f"{name}: {found.name} has {methods} methods"


def _methods_of(found: ast.ClassDef) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {each.name for each in found.body if isinstance(each, functions)}
    return {name for name in names if not (name.startswith("__") and name.endswith("__"))}


def test_no_file_and_no_class_is_too_large() -> None:
    assert [*too_large(PACKAGE)] == []


def test_what_is_too_large_is_found(tmp_path: Path) -> None:
    methods = "".join(f"    def method_{number}(self): ...\n" for number in range(MOST_METHODS))
    (tmp_path / "fits.py").write_text(f"class Fits:\n    def __init__(self): ...\n{methods}")
    (tmp_path / "long.py").write_text("\n" * (MOST_LINES + 1))
    (tmp_path / "within").mkdir()
    (tmp_path / "within" / "many.py").write_text(f"class Many:\n{methods}    async def more(self): ...\n")
    assert [*too_large(tmp_path)] == ["long.py: 401 lines", "within/many.py: Many has 21 methods"]
