"""Graphs of large components, kept for the next question.

A component's id is never used twice, and a hierarchy that is written again gets new
components: what is kept under an id cannot grow stale.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from catalog.database.packing import unpack
from catalog.database.schema import component
from catalog.graph.packed import PackedGraph

KEPT_BYTES = 256 * 2**20
"""Memory for graphs of one database: about ten of 150,000 systems."""

_ADJACENCY_OF = sa.select(component.c.adjacency).where(component.c.id == sa.bindparam("component"))

_kept: WeakKeyDictionary[sa.Engine, OrderedDict[int, PackedGraph]] = WeakKeyDictionary()
_lock = Lock()


def packed_graph(connection: sa.Connection, component_id: int) -> PackedGraph | None:
    """Give the graph of a component; None where none is kept beside its rows."""
    with _lock:
        graphs = _kept.setdefault(connection.engine, OrderedDict())
        graph = graphs.get(component_id)
        if graph is not None:
            graphs.move_to_end(component_id)
            return graph
    data = connection.execute(_ADJACENCY_OF, {"component": component_id}).scalar()
    if data is None:
        return None
    graph = PackedGraph(unpack(data))
    with _lock:
        graphs[component_id] = graph
        # The one just asked for stays, however large it is.
        while len(graphs) > 1 and sum(g.nbytes for g in graphs.values()) > KEPT_BYTES:
            graphs.popitem(last=False)
    return graph
