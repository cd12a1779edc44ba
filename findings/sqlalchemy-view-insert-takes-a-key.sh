#!/usr/bin/env bash
# An object that is added through a view of SQLite gets the key of another row, and then that row's values.
#
# Versions: sqlalchemy 2.1.9, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: a view with an INSTEAD OF INSERT trigger can be mapped and written to. The new object has the key
# of the row that the trigger made, or SQLAlchemy says that it cannot know it.
#
# Instead: it takes the key from lastrowid, which SQLite sets back to its earlier value when a trigger ends:
# the key of whatever the connection inserted last, into any table. If the view has a row of that key, the
# object is that row from then on.
#
# Output:
#   added 'new', its key: 1
#   after the commit it is: 'old'
#   rows of the view: [(1, 'old'), (2, 'new')]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9"

venv/bin/python -I - <<'PYTHON'
import sys

from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SCHEMA = """
CREATE TABLE log (id INTEGER PRIMARY KEY, message TEXT NOT NULL);
CREATE TABLE task (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done BOOLEAN NOT NULL);
INSERT INTO task VALUES (1, 'old', FALSE);
CREATE VIEW open_task AS SELECT id, title FROM task WHERE NOT done;
CREATE TRIGGER add_open_task INSTEAD OF INSERT ON open_task
BEGIN INSERT INTO task (title, done) VALUES (NEW.title, FALSE); END;
"""


class Base(DeclarativeBase):
    pass


class Log(Base):
    __tablename__ = "log"

    id: Mapped[int] = mapped_column(primary_key=True)
    message: Mapped[str]


class OpenTask(Base):
    __tablename__ = "open_task"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


engine = create_engine("sqlite://")
with engine.begin() as connection:
    connection.connection.executescript(SCHEMA)
with Session(engine) as session:
    session.add(Log(message="a task is to come"))
    session.flush()
    session.add(task := OpenTask(title="new"))
    session.flush()
    key = task.id
    session.commit()
    title = task.title
    rows = [tuple(row) for row in session.execute(select(OpenTask.id, OpenTask.title))]

print("added 'new', its key:", key)
print(f"after the commit it is: {title!r}")
print("rows of the view:", rows)
sys.exit(0 if (key, title, rows) == (1, "old", [(1, "old"), (2, "new")]) else "changed")
PYTHON
