"""Displacement and coordinate fields of a hierarchy, for placing what lies behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.geometry.field_opening import field_readers
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.fields import open_node

if TYPE_CHECKING:
    from catalog.geometry.field import FieldReader
    from catalog.geometry.field_opening import StoredNode


def fields_below(
    hierarchy_url: str, options: StoreOptions = DEFAULT_OPTIONS
) -> Callable[[str], FieldReader]:
    """Give for a group of a hierarchy what opens the fields that it names."""

    def node_at(location: str) -> StoredNode:
        return open_node(hierarchy_url, location, options)

    return field_readers(node_at)
