"""ome-scene-catalog: index OME-Zarr scenes, and answer how to get from here to there.

Nothing heavy is imported before it is used: each public name loads its module on
first access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from catalog.api import Catalog as Catalog
    from catalog.errors import AddressError as AddressError
    from catalog.errors import AmbiguousAddressError as AmbiguousAddressError
    from catalog.errors import CatalogError as CatalogError
    from catalog.errors import DatabaseError as DatabaseError
    from catalog.errors import DatabaseMissingError as DatabaseMissingError
    from catalog.errors import DatabaseVersionError as DatabaseVersionError
    from catalog.errors import DimensionalityError as DimensionalityError
    from catalog.errors import DocumentError as DocumentError
    from catalog.errors import FieldError as FieldError
    from catalog.errors import NoPathError as NoPathError
    from catalog.errors import NotInvertibleError as NotInvertibleError
    from catalog.errors import PointsError as PointsError
    from catalog.errors import StatementError as StatementError
    from catalog.errors import StoreError as StoreError
    from catalog.errors import TimeLimitError as TimeLimitError
    from catalog.errors import TransformationError as TransformationError
    from catalog.errors import UnknownAddressError as UnknownAddressError
    from catalog.errors import UsageError as UsageError
    from catalog.graph import TransformGraph as TransformGraph
    from catalog.scene import Image as Image
    from catalog.scene import Scene as Scene

_HOMES = {
    "Catalog": "catalog.api",
    "Image": "catalog.scene",
    "Scene": "catalog.scene",
    "TransformGraph": "catalog.graph",
    **dict.fromkeys(
        (
            "AddressError",
            "AmbiguousAddressError",
            "CatalogError",
            "DatabaseError",
            "DatabaseMissingError",
            "DatabaseVersionError",
            "DimensionalityError",
            "DocumentError",
            "FieldError",
            "NoPathError",
            "NotInvertibleError",
            "PointsError",
            "StatementError",
            "StoreError",
            "TimeLimitError",
            "TransformationError",
            "UnknownAddressError",
            "UsageError",
        ),
        "catalog.errors",
    ),
}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604  (names, all of them)


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'catalog' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
