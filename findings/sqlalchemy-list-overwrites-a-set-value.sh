#!/usr/bin/env bash
# An UPDATE on SQLite sets columns by a member of the list in its WHERE, and not by the value that it was given.
#
# Versions: sqlalchemy 2.0.55 and 2.0.56, greenlet 3.5.6, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: a bind parameter with unique=True is nobody else's, so x becomes x + 3 in both rows.
#
# Instead: until 2.0.55 the unique parameter gets a number behind its name, as the members of an expanding list
# do when the statement runs, and where both begin with one name, the list's first member is bound in both
# places: x becomes x + 1, without an error or a warning. 2.0.56 sets x + 3.
#
# Output:
#   2.0.55: [(1, 11), (2, 21)]
#   2.0.56: [(1, 13), (2, 23)]
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 2.0.55 2.0.56; do
    python3 -m venv "$version"
    "$version/bin/pip" install --quiet --quiet "sqlalchemy==$version" "greenlet==3.5.6"
done

cat > update.py <<'PYTHON'
import sys

import sqlalchemy as sa

numbers = sa.Table("numbers", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
engine = sa.create_engine("sqlite://")
with engine.begin() as connection:
    numbers.create(connection)
    connection.execute(sa.insert(numbers), [{"id": 1, "x": 10}, {"id": 2, "x": 20}])
    chosen = numbers.c.id.in_(sa.bindparam("part", expanding=True))
    more = numbers.c.x + sa.bindparam("part", 3, unique=True)
    connection.execute(sa.update(numbers).where(chosen).values(x=more), {"part": [1, 2]})
    rows = connection.execute(sa.select(numbers).order_by("id")).all()
print(f"{sa.__version__}: {[tuple(row) for row in rows]}")
seen = {"2.0.55": [(1, 11), (2, 21)], "2.0.56": [(1, 13), (2, 23)]}
sys.exit(0 if rows == seen[sa.__version__] else "changed")
PYTHON
for version in 2.0.55 2.0.56; do
    "$version/bin/python" -I update.py
done
