#!/usr/bin/env bash
# A price that was read from SQLite does not find the row that it was read from.
#
# Versions: sqlalchemy 2.1.9, Python 3.11.7 with SQLite 3.40.1.
#
# Expected: what SELECT answers for a column of Numeric(10, 2) is what the column holds, so that
# WHERE price = that value finds the row again.
#
# Instead: SQLite has no decimals, and 0.10 + 0.20 leaves 0.30000000000000004 in the column. Reading rounds it
# to the two places of the type, writing a condition does not: 0.30 is neither equal to it nor at least as
# large. SQLAlchemy's only hint is a warning of rounding errors, given for any Decimal on SQLite.
#
# Output:
#   held by the column: 0.30000000000000004
#   read: 0.30
#   rows with price = 0.30: []
#   rows with price > 0.30: [1]
#   rows with price <= 0.30: []
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "sqlalchemy==2.1.9"

# Without the warning named above.
venv/bin/python -I -W ignore - <<'PYTHON'
import sys
from decimal import Decimal

from sqlalchemy import Column, Integer, MetaData, Numeric, Table, create_engine, insert, select, text, update

metadata = MetaData()
item = Table("item", metadata, Column("id", Integer, primary_key=True), Column("price", Numeric(10, 2)))

engine = create_engine("sqlite://")
with engine.begin() as connection:
    metadata.create_all(connection)
    connection.execute(insert(item).values(id=1, price=Decimal("0.10")))
    connection.execute(update(item).values(price=item.c.price + Decimal("0.20")))
    print("held by the column:", connection.scalar(text("SELECT price FROM item")))
    read = connection.scalar(select(item.c.price))
    print("read:", read)
    seen = [read]
    for operator, condition in {
        "=": item.c.price == read,
        ">": item.c.price > read,
        "<=": item.c.price <= read,
    }.items():
        found = list(connection.scalars(select(item.c.id).where(condition)))
        print(f"rows with price {operator} {read}: {found}")
        seen.append(found)

sys.exit(0 if seen == [Decimal("0.30"), [], [1], []] else "changed")
PYTHON
