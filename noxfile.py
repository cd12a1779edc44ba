"""`make test-all`: the tests on each supported Python that is here, with both ends of SQLAlchemy's lines.

The newest pair runs all of them, thoroughly; the others leave out what is long.
"""

import nox

PYTHONS = ["3.11", "3.12", "3.13"]
SQLALCHEMYS = ["2.0.41", "2.0.*", "2.1.7", "2.1.*"]
THOROUGHLY = ["-m", "long or not long", "--hypothesis-profile", "thorough"]

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=PYTHONS)
@nox.parametrize("sqlalchemy", SQLALCHEMYS)
def tests(session: nox.Session, sqlalchemy: str) -> None:
    # What is the newest changes.
    session.install("--upgrade", "--editable", ".[dev]", f"sqlalchemy=={sqlalchemy}")
    newest = (session.python, sqlalchemy) == (PYTHONS[-1], SQLALCHEMYS[-1])
    session.run("pytest", "-n", "2", "--dist", "worksteal", *(THOROUGHLY if newest else ()), *session.posargs)
