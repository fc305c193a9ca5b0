"""Displacement and coordinate fields of a hierarchy, opened when points come to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.errors import FieldError, StoreError
from catalog.geometry.field import FieldReader

if TYPE_CHECKING:
    import zarr

    from catalog.geometry.field_opening import StoredNode


def fields_below(hierarchy_url: str) -> Callable[[str], FieldReader]:
    """Give for a group of a local hierarchy what opens the fields that it names."""

    def node_at(location: str) -> StoredNode:
        from catalog.stores.fields import open_node

        return open_node(hierarchy_url, location)

    from catalog.geometry.field_opening import field_readers

    return field_readers(node_at)


def fields_in(group: zarr.Group | None) -> Callable[[str], FieldReader]:
    """Give for a location below an open group what opens the fields that it names.

    Without a group (a scene that was never written) the reader raises FieldError when
    it is asked.
    """

    def node_at(location: str) -> StoredNode:
        from catalog.stores.fields import ZarrNode

        if group is None:
            raise FieldError(
                f"A field is stored at {location!r}, and this scene was made in memory: write "
                "it and its arrays, and read it with Scene.from_zarr.",
                location,
            )
        url = f"{group.store_path}/{location}" if location else str(group.store_path)
        try:
            return ZarrNode(group[location] if location else group, url)
        except KeyError as error:
            raise StoreError(f"There is no field at {url}", url) from error

    from catalog.geometry.field_opening import field_readers

    return field_readers(node_at)
