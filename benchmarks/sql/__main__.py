"""`python -m benchmarks.sql`: what databases take for statements, on tables of millions of rows.

--scale=N     one Nth of the rows
--only=TEXT   only questions whose names hold it
--json=FILE   where the figures go (by default, build/sql.json)
"""

import argparse
import asyncio
from pathlib import Path

from benchmarks.measuring import Extent
from benchmarks.places import new
from benchmarks.results import Run, new_run
from benchmarks.sql.running import statements
from benchmarks.sql.shop import Sizes
from tests.postgres import postgres_server


async def main(run: Run, extent: Extent, sizes: Sizes) -> None:
    with postgres_server() as server:
        for place in (server, None):
            async with new(place) as url:
                await statements(url, run, extent, sizes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser("benchmarks.sql")
    parser.add_argument("--scale", type=int, default=1, metavar="N")
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--json", type=Path, default=Path("build/sql.json"), metavar="FILE")
    arguments = parser.parse_args()
    wanted = Sizes(*[max(each // arguments.scale, 1) for each in Sizes()])
    asyncio.run(main(new_run(arguments.json), Extent(only=arguments.only), wanted))
