"""`make test-all`: the tests on each supported Python that is here, with each supported SQLAlchemy."""

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=["3.11", "3.12", "3.13"])
@nox.parametrize("sqlalchemy", ["2.0", "2.1"])
def tests(session: nox.Session, sqlalchemy: str) -> None:
    session.install("--editable", ".[dev]", f"sqlalchemy=={sqlalchemy}.*")
    session.run("pytest", "-n", "2", "--dist", "worksteal", *session.posargs)
