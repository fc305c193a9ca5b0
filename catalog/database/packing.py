"""The graph of a large component as one packed value beside its rows.

Reading a component of 100,000 coordinate systems row by row takes most of a second; as
packed arrays it takes milliseconds. What is packed is the graph's shape alone: nodes by
number (their order is that of their addresses), edges by id, and for each edge the few
facts that decide what walking it costs. Rows are read for the edges of a path only.

Layout (little-endian): header, class table (JSON), then the arrays of `PackedArrays`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from catalog.errors import DatabaseError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
_MAGIC = b"OSCG"
_HEADER = struct.Struct("<4sHHIIqqI4x")  # magic, version, wide ids?, n, m, bases, classes' length


class PackedEdge(NamedTuple):
    """An edge to pack: its id, the numbers of its ends, and what decides its cost."""

    id: int
    input: int
    output: int
    type: str
    invertibility: str
    origin: str


@dataclass(frozen=True, slots=True)
class PackedArrays:
    """The graph of one component; n nodes, m edges.

    Attributes
    ----------
    system_ids
        int64[n], in order of address: a node's number is its position.
    edge_ids
        int64[m].
    starts
        int32[n + 1]: the entries of node i are ``starts[i]`` to ``starts[i + 1]``. Each
        edge is an entry of both its ends; entries are in order of the other end.
    others
        int32[2m]: the node at the other end of an entry.
    arcs
        int32[2m]: twice the edge's position in `edge_ids`, plus 1 where the entry's node
        is the edge's output.
    kinds
        uint16[2m]: twice the edge's position in `classes`, plus the same 1.
    parents
        int32[n]: for a node that lies on no cycle and off all ways between cycles, the
        one neighbour that leads there; -1 for the rest.
    classes
        Each distinct (type, invertibility, origin).
    """

    system_ids: NDArray[np.int64]
    edge_ids: NDArray[np.int64]
    starts: NDArray[np.int32]
    others: NDArray[np.int32]
    arcs: NDArray[np.int32]
    kinds: NDArray[np.uint16]
    parents: NDArray[np.int32]
    classes: tuple[tuple[str, str, str], ...]


def pack(
    system_ids: Sequence[int], edges: Iterable[PackedEdge | tuple[int, int, int, str, str, str]]
) -> bytes:
    """Pack a component.

    Parameters
    ----------
    system_ids
        In order of address (code point by code point).
    edges
        (id, input, output, type, invertibility, origin), the ends as positions in
        `system_ids`. An edge from a system to itself leads nowhere and is left out.
    """
    import numpy as np

    kept = [edge for edge in edges if edge[1] != edge[2]]
    classes: dict[tuple[str, str, str], int] = {}
    kinds = np.fromiter(
        (classes.setdefault((edge[3], edge[4], edge[5]), len(classes)) for edge in kept),
        dtype=np.int64,
        count=len(kept),
    )
    count, size = len(system_ids), len(kept)
    edge_ids = np.fromiter((edge[0] for edge in kept), np.int64, size)
    inputs = np.fromiter((edge[1] for edge in kept), np.int64, size)
    outputs = np.fromiter((edge[2] for edge in kept), np.int64, size)
    if size and (min(inputs.min(), outputs.min()) < 0 or max(inputs.max(), outputs.max()) >= count):
        raise DatabaseError("A component's transformation leads to a system outside of it.")
    nodes = np.concatenate((inputs, outputs))
    others = np.concatenate((outputs, inputs))
    sides = np.repeat(np.array([0, 1]), size)
    positions = np.tile(np.arange(size), 2)
    order = np.lexsort((sides, positions, others, nodes))
    starts = np.zeros(count + 1, dtype="<i4")
    np.cumsum(np.bincount(nodes, minlength=count), out=starts[1:])
    table = json.dumps(list(classes), separators=(",", ":")).encode()
    table += b" " * (-(_HEADER.size + len(table)) % 8)
    return b"".join(
        (
            *_ids(np.fromiter(system_ids, np.int64, count), edge_ids, table),
            starts.tobytes(),
            others[order].astype("<i4").tobytes(),
            (2 * positions + sides)[order].astype("<i4").tobytes(),
            _parents(count, inputs, outputs).astype("<i4").tobytes(),
            (2 * kinds[positions] + sides)[order].astype("<u2").tobytes(),
        )
    )


def renumbered(
    data: bytes, first_system: int, systems: Sequence[int], first_edge: int, edges: Sequence[int]
) -> bytes:
    """Put ids in the place of the numbers with which a component was packed.

    Parameters
    ----------
    systems
        Ids of the systems with the numbers from `first_system` on.
    edges
        The same of edges.
    """
    import numpy as np

    arrays = unpack(data)
    _, _, wide, count, size, _, _, length = _HEADER.unpack_from(data)
    table = data[_HEADER.size : _HEADER.size + length]
    rest = _HEADER.size + length + (8 if wide else 4) * (count + size)
    system_ids = np.asarray(systems, np.int64)[arrays.system_ids - first_system]
    edge_ids = np.asarray(edges, np.int64)[arrays.edge_ids - first_edge]
    return b"".join((*_ids(system_ids, edge_ids, table), data[rest:]))


def _ids(
    systems: NDArray[np.int64], edges: NDArray[np.int64], table: bytes
) -> tuple[bytes, bytes, bytes, bytes]:
    """Write the header and what stands before the shape of the graph."""
    bases = [int(ids.min()) if len(ids) else 0 for ids in (systems, edges)]
    distances = [ids - base for ids, base in zip((systems, edges), bases, strict=True)]
    wide = any(len(ids) and int(ids.max()) >= 2**32 for ids in distances)
    sizes = (len(systems), len(edges))
    header = _HEADER.pack(_MAGIC, VERSION, wide, *sizes, *bases, len(table))
    width = "<i8" if wide else "<u4"
    first, second = (ids.astype(width).tobytes() for ids in distances)
    return header, table, first, second


def unpack(data: bytes | memoryview) -> PackedArrays:
    """Unpack a component; the arrays look into `data` and copy next to nothing.

    Raises
    ------
    DatabaseError
        When the bytes are not a packed component of this version.
    """
    import numpy as np

    view = memoryview(data)
    if len(view) < _HEADER.size or bytes(view[:4]) != _MAGIC:
        raise DatabaseError("A component's packed graph is damaged; index its hierarchy again.")
    _, version, wide, count, size, first_id, first_edge, length = _HEADER.unpack_from(view)
    width = 8 if wide else 4
    expected = (
        _HEADER.size
        + length
        + width * (count + size)
        + 4 * (2 * count + 1)
        + (4 + 4 + 2) * 2 * size
    )
    if version != VERSION or len(view) != expected:
        raise DatabaseError(
            f"A component's packed graph is of version {version} and {len(view)} bytes; expected "
            f"version {VERSION} and {expected}. Index its hierarchy again."
        )
    position = _HEADER.size
    table = json.loads(bytes(view[position : position + length]))
    position += length

    def read(kind: str, number: int) -> NDArray[np.generic]:
        nonlocal position
        array: NDArray[np.generic] = np.frombuffer(view, kind, number, position)
        position += array.nbytes
        return array

    id_kind = "<i8" if wide else "<u4"
    system_ids = read(id_kind, count).astype(np.int64) + first_id
    edge_ids = read(id_kind, size).astype(np.int64) + first_edge
    starts, others = read("<i4", count + 1), read("<i4", 2 * size)
    arcs, parents = read("<i4", 2 * size), read("<i4", count)
    kinds = read("<u2", 2 * size)
    return PackedArrays(
        system_ids,
        edge_ids,
        starts.view(np.int32),
        others.view(np.int32),
        arcs.view(np.int32),
        kinds.view(np.uint16),
        parents.view(np.int32),
        tuple((kind, way_back, origin) for kind, way_back, origin in table),
    )


def _parents(
    count: int, inputs: NDArray[np.int64], outputs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Strip leaves until none is left, noting for each what it hung on.

    Stitched tiles, their levels and labels hang on their scene like leaves: most ways
    lead up and down such trees, and need no search at all.
    """
    import numpy as np

    pairs = np.unique(np.minimum(inputs, outputs) * count + np.maximum(inputs, outputs))
    low, high = pairs // count, pairs % count
    degree = (np.bincount(low, minlength=count) + np.bincount(high, minlength=count)).tolist()
    # The exclusive-or of all neighbours: when one is left, it is that one.
    mixed = np.zeros(count, dtype=np.int64)
    np.bitwise_xor.at(mixed, low, high)
    np.bitwise_xor.at(mixed, high, low)
    neighbours = mixed.tolist()
    parents = [-1] * count
    leaves = [node for node in range(count) if degree[node] == 1]
    while leaves:
        following = []
        for leaf in leaves:
            if degree[leaf] != 1:  # the last two of a tree: the other one hangs on it
                continue
            parent = neighbours[leaf]
            parents[leaf] = parent
            degree[leaf] = 0
            degree[parent] -= 1
            neighbours[parent] ^= leaf
            if degree[parent] == 1:
                following.append(parent)
        leaves = following
    return np.array(parents, dtype=np.int64)
