"""A server in the loop of the tests, on a port of this machine, which ends when its block does."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI


class Server(uvicorn.Server):
    """A server that leaves the signals of the process alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def __init__(self, app: FastAPI) -> None:
        options: dict[str, Any] = {"log_config": None, "ws": "websockets-sansio", "lifespan": "on"}
        super().__init__(uvicorn.Config(app, **options))
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        # From here on who asks waits for the answer, whether the app has begun or not.
        self._socket.listen()
        self._serving: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def begin(self) -> None:
        self._serving = asyncio.create_task(self.serve([self._socket]))

    def stop(self) -> None:
        """Takes no more requests; those that are here are answered."""
        self.should_exit = True

    async def stopped(self) -> None:
        self.stop()
        if self._serving is not None:
            await self._serving


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[Server]:
    server = Server(app)
    server.begin()
    try:
        yield server
    finally:
        await server.stopped()
