"""Alembic's way to the help centre's database; run by the `alembic` command and by `preparation.migrate`."""

import asyncio
from logging.config import fileConfig
from typing import Any

from alembic import context
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from examples.help_center.models import Base
from examples.help_center.settings import database_url


def run(**target: Any) -> None:
    # Batches, because SQLite can alter little in place: there a changed table is copied.
    context.configure(target_metadata=Base.metadata, render_as_batch=True, **target)
    with context.begin_transaction():
        context.run_migrations()


def run_online(connection: Connection) -> None:
    run(connection=connection)


async def connect_and_run(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run_online)
    finally:
        await engine.dispose()


config = context.config
url = config.attributes.get("url") or database_url()
if config.cmd_opts is not None and config.config_file_name is not None:
    # Only a command line's logging is ours to set up.
    fileConfig(config.config_file_name, disable_existing_loggers=False)
if context.is_offline_mode():
    run(url=url, literal_binds=True)
else:
    asyncio.run(connect_and_run(url))
