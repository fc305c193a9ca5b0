"""Plain HTTP, one request at a time on kept connections, and never to another place.

obstore's client follows redirects and cannot be told not to: a server could make a crawl
read what only its machine may ask for. This one follows none.
"""

from __future__ import annotations

import atexit
import http.client
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from catalog.stores.asking import PASSING, FailedRequest
from catalog.stores.encoding import decode
from catalog.stores.traffic import count

_BLOCK = 1 << 18
_AGENT = "ome-scene-catalog"
# Kept for another request; as many as ask at once in the largest crawls.
_MOST_IDLE = 256
SAFE = "/!$&'()*+,;=:@~"
"""Characters of a path that are sent as they are."""


class TooLargeError(Exception):
    """A body has more bytes than are wanted.

    Attributes
    ----------
    size
        How many; None if nobody says.
    headers
        What was said before the body.
    """

    def __init__(self, size: int | None, headers: Mapping[str, str]) -> None:
        super().__init__(size)
        self.size = size
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Attributes
    ----------
    headers
        Their names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class WebClient:
    """Connections to one origin (scheme, host and port).

    Parameters
    ----------
    origin
        Such as ``https://example.org:8443``.
    timeout
        Seconds for a whole request.
    """

    def __init__(self, origin: str, timeout: float) -> None:
        parts = urlsplit(origin)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._timeout = timeout
        self._origin = origin
        self._proxy = _proxy(parts.scheme, self._host)
        self._context = ssl.create_default_context() if self._secure else None
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        most: int | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send one request and receive the answer, whatever its status.

        Parameters
        ----------
        path
            Decoded, with its first slash.
        most
            Bytes; a body of 2xx that is larger raises `TooLargeError`.

        Raises
        ------
        FailedRequest
            When there is no whole answer, or one that may be better later (429, 5xx).
        """
        count(requests=1)
        until = time.monotonic() + self._timeout
        target = quote(path.encode("utf-8", "surrogateescape"), safe=SAFE)
        connection = self._take()
        kept = connection is not None
        if connection is None:
            connection = self._connect()
        done = False
        try:
            if connection.sock is not None:
                connection.sock.settimeout(self._timeout)
            try:
                response = self._send(connection, method, target, headers, body)
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                if not kept:
                    raise
                # The server had closed a connection that was kept: that is no failure.
                connection.close()
                connection = self._connect()
                response = self._send(connection, method, target, headers, body)
            answer = self._receive(connection, response, method, until, most)
            # A server that refuses may leave what was sent unread, before the next request.
            done = not response.will_close and (body is None or answer.status < 300)
        except TimeoutError:
            raise FailedRequest(self._late(), passing=True) from None
        except ssl.SSLCertVerificationError as error:
            raise FailedRequest(
                f"the certificate of {self._host} is not trusted: {error.verify_message}"
            ) from None
        except http.client.IncompleteRead as error:
            raise FailedRequest(
                f"the answer ends after {len(error.partial):,} bytes of a part that has more",
                passing=True,
            ) from None
        except socket.gaierror:
            raise FailedRequest(f"there is no host {self._host}", passing=True) from None
        except ConnectionRefusedError:
            raise FailedRequest("the server cannot be reached", passing=True) from None
        except (http.client.HTTPException, OSError) as error:
            said = str(error) or type(error).__name__
            raise FailedRequest(f"the connection broke: {said}", passing=True) from None
        finally:
            if done:
                self._keep(connection)
            else:
                connection.close()
        if answer.status in PASSING:
            raise FailedRequest(
                f"the server answers {answer.status}",
                passing=True,
                wait=_wait(answer.headers.get("retry-after")),
                status=answer.status,
            )
        return answer

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> http.client.HTTPResponse:
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **(headers or {})}
        if self._proxy and not self._secure:
            target = self._origin + target
        connection.request(method, target, body, sent)
        return connection.getresponse()

    def _receive(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        method: str,
        until: float,
        most: int | None,
    ) -> Answer:
        headers = {name.lower(): value for name, value in response.getheaders()}
        good = 200 <= response.status < 300
        if method == "HEAD" or response.status in (204, 304):
            response.read()
            return Answer(response.status, headers, b"")
        limit = most if good and most is not None else (None if good else _BLOCK)
        length = response.length
        if good and limit is not None and length is not None and length > limit:
            raise TooLargeError(length, headers)
        parts: list[bytes] = []
        size = 0
        while length is None or size < length:
            left = until - time.monotonic()
            if left <= 0:
                raise FailedRequest(self._late(), passing=True)
            if connection.sock is not None:
                connection.sock.settimeout(left)
            # `read1` gives what has come, so that drops cannot outlast the time limit. It
            # does not count on every Python, so we do.
            part = response.read1(_BLOCK if length is None else min(_BLOCK, length - size))
            if not part:
                break
            parts.append(part)
            size += len(part)
            if limit is not None and size > limit:
                if good:
                    raise TooLargeError(None, headers)
                response.will_close = True
                break
        if length is not None and good and size < length:
            raise FailedRequest(f"the answer ends after {size:,} of {length:,} bytes", passing=True)
        response.close()
        count(size=size)
        data = b"".join(parts)
        if response.status == 200 and headers.get("content-encoding", "identity") != "identity":
            data = _decompressed(data, headers, limit)
        return Answer(response.status, headers, data)

    def _late(self) -> str:
        return f"there was no whole answer within {self._timeout:g} s"

    def _connect(self) -> http.client.HTTPConnection:
        timeout = self._timeout
        host, port = self._proxy or (self._host, self._port)
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=timeout)
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
        if self._proxy:
            connection.set_tunnel(self._host, self._port)
        return connection

    def _take(self) -> http.client.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


_clients: dict[object, WebClient] = {}
_clients_lock = threading.Lock()


def web_client(origin: str, timeout: float) -> WebClient:
    """Give the client of an origin: one in this process."""
    key = (os.getpid(), origin, timeout)
    with _clients_lock:
        found = _clients.get(key)
        if found is None:
            if not _clients:
                atexit.register(_close_all)
            found = _clients[key] = WebClient(origin, timeout)
        return found


def _close_all() -> None:
    for client in _clients.values():
        client.close()


def _proxy(scheme: str, host: str) -> tuple[str, int] | None:
    proxies = getproxies()
    named = proxies.get(scheme) or proxies.get("all")
    if not named or proxy_bypass(host):
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    return (unquote(parts.hostname or ""), parts.port or 8080) if parts.hostname else None


def _decompressed(data: bytes, headers: Mapping[str, str], most: int | None) -> bytes:
    """Undo the compression of a body: some have nothing else to send, though nobody asked."""
    said = headers["content-encoding"].strip().lower()
    if said not in ("gzip", "x-gzip", "deflate"):
        raise FailedRequest(f"the server sends it compressed as {said!r}, which cannot be read")
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        whole = unpacking.decompress(data, 0 if most is None else most + 1)
    except zlib.error as error:
        raise FailedRequest(f"the answer is not compressed as it says: {error}") from None
    if most is not None and len(whole) > most:
        raise TooLargeError(None, headers)
    if not unpacking.eof:
        raise FailedRequest("the answer ends early", passing=True)
    return whole


def _wait(said: str | None) -> float | None:
    """Read Retry-After: seconds, or a date."""
    if not said:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def location(headers: Mapping[str, str]) -> str:
    """Give where a redirect leads, without what may be secret in it."""
    return decode(headers.get("location", "").partition("?")[0])
