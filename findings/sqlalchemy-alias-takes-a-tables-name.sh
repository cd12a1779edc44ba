#!/usr/bin/env bash
# An alias without a name takes that of a table beside it, and a condition compares one row with itself.
#
# Versions: sqlalchemy 2.1.9, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: alias() without a name gets one that stands for nothing else in the statement, so that it finds
# the same rows as an alias with a name of its own.
#
# Instead: the first such alias of "level" is called level_1, also where a table of that name is read. The
# inner level_1 hides the outer one, EXISTS is no longer correlated, and no game is found.
#
# Output:
#   SELECT level_1.name
#   FROM level_1
#   WHERE EXISTS (SELECT *
#   FROM level AS level_1
#   WHERE level_1.game_id = level_1.id)
#   games with a level, by an alias without a name: []
#   games with a level, by an alias with a name: ['chess']
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9"

venv/bin/python -I - <<'PYTHON'
import sys

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, exists, insert, select

metadata = MetaData()
game = Table("level_1", metadata, Column("id", Integer, primary_key=True), Column("name", String))
level = Table(
    "level", metadata, Column("id", Integer, primary_key=True), Column("game_id", ForeignKey("level_1.id"))
)


def with_a_level(alias):
    return select(game.c.name).where(exists().where(alias.c.game_id == game.c.id))


engine = create_engine("sqlite://")
with engine.begin() as connection:
    metadata.create_all(connection)
    connection.execute(insert(game), [{"id": 1, "name": "go"}, {"id": 2, "name": "chess"}])
    connection.execute(insert(level), [{"id": 1, "game_id": 2}])
    print(str(with_a_level(level.alias())).replace(" \n", "\n"))
    unnamed = list(connection.scalars(with_a_level(level.alias())))
    named = list(connection.scalars(with_a_level(level.alias("other"))))

print("games with a level, by an alias without a name:", unnamed)
print("games with a level, by an alias with a name:", named)
sys.exit(0 if (unnamed, named) == ([], ["chess"]) else "changed")
PYTHON
