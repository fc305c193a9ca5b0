"""From the nodes of a hierarchy to coordinate systems and the edges between them.

Every reader of a hierarchy (the indexer, `Scene`, `catalog transform PATH`,
`catalog check`) goes through `assemble`, so that all of them answer alike.
"""

from __future__ import annotations

from catalog.metadata.assembly.assemble import assemble
from catalog.metadata.assembly.locations import join
from catalog.metadata.assembly.values import (
    Assembly,
    Edge,
    Level,
    Origin,
    System,
    SystemKey,
    SystemKind,
)

__all__ = [
    "Assembly",
    "Edge",
    "Level",
    "Origin",
    "System",
    "SystemKey",
    "SystemKind",
    "assemble",
    "join",
]
