"""Our stores as zarr reads them: so that arrays are reached as documents are.

The same client, time limits and retries; the same rule that nothing outside is read; and
what is read of arrays is counted with the rest. Importing this module loads zarr.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial

from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    SuffixByteRequest,
)
from zarr.abc.store import Store as ZarrStore
from zarr.core.buffer import Buffer, BufferPrototype

from catalog.errors import StoreError
from catalog.stores.store import PartialStore
from catalog.stores.threads import in_thread
from catalog.stores.url import is_plain, join


class ReadStore(ZarrStore):
    """A folder of one of our stores, for reading.

    Parameters
    ----------
    store
        What is read.
    location
        Of the folder in it.
    """

    supports_writes: bool = False
    supports_deletes: bool = False
    supports_listing: bool = True

    def __init__(self, store: PartialStore, location: str = "") -> None:
        super().__init__(read_only=True)
        self._store = store
        self._location = location

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ReadStore)
            and other._store.url == self._store.url
            and other._location == self._location
        )

    def __hash__(self) -> int:
        return hash((self._store.url, self._location))

    def __str__(self) -> str:
        return join(self._store.url, self._location)

    def __repr__(self) -> str:
        return f"ReadStore({str(self)!r})"

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Read what lies at a key, or a part of it."""
        data = await in_thread(partial(self._read, key, byte_range))
        return None if data is None else prototype.buffer.from_bytes(data)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Read parts of what lies at some keys."""
        return list(
            await asyncio.gather(
                *(self.get(key, prototype, byte_range) for key, byte_range in key_ranges)
            )
        )

    async def exists(self, key: str) -> bool:
        """Tell whether anything lies at a key."""
        return await in_thread(partial(self._store.stat, self._path(key))) is not None

    async def set(self, key: str, value: Buffer) -> None:
        """Refuse: what is catalogued is never changed."""
        raise StoreError(f"{self} is open for reading only", str(self))

    async def delete(self, key: str) -> None:
        """Refuse: what is catalogued is never changed."""
        raise StoreError(f"{self} is open for reading only", str(self))

    async def list(self) -> AsyncIterator[str]:
        """List all keys."""
        async for key in self.list_prefix(""):
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """List the keys below a folder, in it and in those within."""
        pending = [prefix.strip("/")]
        while pending:
            folder = pending.pop()
            listing = await in_thread(partial(self._store.list_folder, self._path(folder)))
            above = f"{folder}/" if folder else ""
            for name in listing.files:
                yield above + name
            pending.extend(above + name for name in listing.folders)

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """List what lies directly in a folder."""
        folder = prefix.strip("/")
        listing = await in_thread(partial(self._store.list_folder, self._path(folder)))
        for name in (*listing.folders, *listing.files):
            yield name

    def _path(self, key: str) -> str:
        if key and not is_plain(key):
            raise StoreError(f"{key!r} leads out of {self}: it is not read", str(self))
        return "/".join(part for part in (self._location, key) if part)

    def _read(self, key: str, byte_range: ByteRequest | None) -> bytes | None:
        path = self._path(key)
        if byte_range is None:
            # As a document, with its limit: here a larger one, for chunks.
            found = self._store.get(path)
            return None if found is None else found.data
        if isinstance(byte_range, RangeByteRequest):
            return self._store.read(path, byte_range.start, byte_range.end)
        if isinstance(byte_range, OffsetByteRequest):
            return self._store.read(path, byte_range.offset)
        if isinstance(byte_range, SuffixByteRequest):
            return self._store.read(path, -byte_range.suffix) if byte_range.suffix else b""
        raise StoreError(f"{byte_range} is no part that can be read of {self}", str(self))
