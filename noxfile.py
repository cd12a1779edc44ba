"""`make test-all`: the tests on each supported Python that is here, and on each end of SQLAlchemy's lines.

Each Python and each SQLAlchemy has its turn, the oldest and the newest together. The newest pair runs all of
the tests, thoroughly; the others leave out what is long.
"""

import nox

PAIRS = [("3.11", "2.0.41"), ("3.11", "2.1.*"), ("3.12", "2.0.*"), ("3.12", "2.1.7"), ("3.13", "2.1.*")]
THOROUGHLY = ["-m", "long or not long", "--hypothesis-profile", "thorough"]

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


@nox.session
@nox.parametrize("python,sqlalchemy", PAIRS)
def tests(session: nox.Session, sqlalchemy: str) -> None:
    # What is the newest changes.
    session.install("--upgrade", "--editable", ".[dev,pandas,polars]", f"sqlalchemy=={sqlalchemy}")
    newest = (session.python, sqlalchemy) == PAIRS[-1]
    session.run("pytest", "-n", "2", "--dist", "worksteal", *(THOROUGHLY if newest else ()), *session.posargs)
