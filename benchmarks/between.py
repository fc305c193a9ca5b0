"""Stand between a client and a server: let each request wait, count it, or let it fail.

Every piece that a client sends on a connection is a request, as HTTP/1.1 has it where
nobody pipelines and bodies are short: it is passed on after a while, whole and unread.
Connections are kept as the client and the server keep them.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, cast

Fate = Literal["reset", "silence"] | int | None
"""What becomes of a request: a status to answer with, or nothing comes back; None passes it on."""

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"PROPFIND ")


class Between:
    """What stands between, and what it has seen.

    Parameters
    ----------
    port
        Of the server, on this machine.
    delay
        Seconds that each request waits.
    judge
        Called with the first line of each request; says what becomes of it.

    Attributes
    ----------
    requests
        How many have been seen.
    most
        How many were under way at once, at most.
    """

    def __init__(
        self, port: int, delay: float = 0.0, judge: Callable[[str], Fate] | None = None
    ) -> None:
        self.port = port
        self.delay = delay
        self.judge = judge
        self.requests = 0
        self.under_way = 0
        self.most = 0
        self.clients: set[_Client] = set()

    async def listen(self) -> asyncio.Server:
        """Listen on a free port of this machine."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Client(self), "127.0.0.1", 0, backlog=512)


class _Client(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, between: Between) -> None:
        self._between = between
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[bytes] = deque()
        self._due = 0
        self._asking = False
        self._server: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._between.clients.add(self)
        self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            made, _ = await self._loop.create_connection(
                lambda: _Server(self), "127.0.0.1", self._between.port
            )
        except OSError:
            self._transport.abort()
            return
        self._server = made
        self._send_due()

    def data_received(self, data: bytes) -> None:
        between = self._between
        if data.startswith(_METHODS):
            between.requests += 1
            between.under_way += 1
            between.most = max(between.most, between.under_way)
            self._asking = True
            if between.judge is not None:
                fate = between.judge(data.partition(b"\r\n")[0].decode("latin-1"))
                if fate is not None:
                    self._fail(fate)
                    return
        self._waiting.append(data)
        if between.delay:
            self._loop.call_later(between.delay, self._pass_on)
        else:
            self._pass_on()

    def _fail(self, fate: Fate) -> None:
        if fate == "reset":
            self._transport.abort()
        elif fate != "silence":
            self.answered()
            self._transport.write(f"HTTP/1.1 {fate} Failed\r\nContent-Length: 0\r\n\r\n".encode())

    def _pass_on(self) -> None:
        self._due += 1
        self._send_due()

    def _send_due(self) -> None:
        if self._server is not None:
            for _ in range(self._due):
                self._server.write(self._waiting.popleft())
            self._due = 0

    def answered(self, data: bytes | None = None) -> None:
        """Take a piece of an answer."""
        if self._asking:
            self._asking = False
            self._between.under_way -= 1
        if data is not None:
            self._transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.answered()
        self._between.clients.discard(self)
        self._connecting.cancel()
        if self._server is not None:
            self._server.abort()

    async def end(self) -> None:
        """Break the connection."""
        self._transport.abort()
        await asyncio.gather(self._connecting, return_exceptions=True)

    def server_lost(self) -> None:
        """End as the server ended."""
        self._transport.close()


class _Server(asyncio.Protocol):
    """The connection to the server that stands behind one of a client."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        self._client.answered(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._client.server_lost()


@contextlib.contextmanager
def standing(between: Between) -> Iterator[int]:
    """Listen in a thread; give the port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(between.listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_end(between, server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(between: Between, server: asyncio.Server) -> None:
    server.close()
    for client in list(between.clients):
        await client.end()
    while between.clients:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)  # connections to the server end, too
