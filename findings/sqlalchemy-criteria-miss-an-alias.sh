#!/usr/bin/env bash
# Loader criteria that are to reach aliases do not reach one that is joined by an ON clause.
#
# Versions: sqlalchemy 2.1.9, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: with_loader_criteria(Person, Person.left == False, include_aliases=True) holds for every Person in
# the statement, aliases too, however they are joined: nobody is found by a boss who has left.
#
# Instead: where the alias is joined by an ON clause, the criteria in it are written of the table itself, and
# not of the alias: a boss who has left is joined. Joined by the relationship, or by an ON clause with criteria
# that are a function, the alias is asked.
#
# Output:
#   by a relationship:             []
#   by an ON clause:               ['Ida']
#   by an ON clause, a function:   []
#   ON of the second: person_1.id = person.boss_id AND person."left" = 0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9"

venv/bin/python -I - <<'PYTHON'
import sys

from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    mapped_column,
    relationship,
    with_loader_criteria,
)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    left: Mapped[bool]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    boss: Mapped["Person | None"] = relationship(remote_side=id)


engine = create_engine("sqlite://")
sent = []
event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, *rest: sent.append(sql))
Base.metadata.create_all(engine)
boss = aliased(Person)
plain = with_loader_criteria(Person, Person.left == False, include_aliases=True)
function = with_loader_criteria(Person, lambda cls: cls.left == False, include_aliases=True)
by_relationship = select(Person.name).join(Person.boss.of_type(boss))
by_clause = select(Person.name).join(boss, boss.id == Person.boss_id)
with Session(engine) as session:
    session.add_all([Person(id=1, name="Otto", left=True), Person(id=2, name="Ida", left=False, boss_id=1)])
    session.flush()
    found = []
    for statement, criteria in ((by_relationship, plain), (by_clause, plain), (by_clause, function)):
        found.append(list(session.scalars(statement.options(criteria))))
print("by a relationship:            ", found[0])
print("by an ON clause:              ", found[1])
print("by an ON clause, a function:  ", found[2])
on = sent[-2].replace("\n", "").split(" ON ")[1].split("WHERE")[0].strip()
print("ON of the second:", on)
sys.exit(found != [[], ["Ida"], []] or 'person."left" = 0' not in on)
PYTHON
