"""Both checkers refuse every wrong use in ``refused.py``, and nothing else there.

``make lint`` says so already, as a comment that hides no error is one; this shows that its word can be taken.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMENT = re.compile(r"  # (?P<checkers>type|pyright): ignore\[[\w, -]+\]$")
SOURCE = (ROOT / "tests/typing/refused.py").read_text(encoding="utf-8").splitlines()
WRONG = {
    number: match["checkers"] for number, line in enumerate(SOURCE, 1) if (match := COMMENT.search(line))
}


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The file with nothing that hides an error."""
    path = tmp_path / "refused.py"
    path.write_text("\n".join(COMMENT.sub("", line) for line in SOURCE), encoding="utf-8")
    return path


def said_by(*command: str) -> str:
    """What a checker says."""
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def test_mypy(bare: Path) -> None:
    said = said_by("mypy", "--strict", "--no-pretty", "--hide-error-context", str(bare))
    found = {int(number) for number in re.findall(r"refused\.py:(\d+): error:", said)}
    assert found == {number for number, checkers in WRONG.items() if checkers == "type"}


@pytest.mark.long
def test_pyright(bare: Path) -> None:
    said = json.loads(said_by("pyright", "--outputjson", "--pythonpath", sys.executable, str(bare)))
    errors = [each for each in said["generalDiagnostics"] if each["severity"] == "error"]
    found = {each["range"]["start"]["line"] + 1 for each in errors}
    assert found == set(WRONG)
