"""Paths in the forms of other programs: pure functions from a `catalog.graph.Path`."""

from catalog.export.ends import End
from catalog.export.forms import FORMS, Export, export
from catalog.export.itk import to_itk
from catalog.export.napari import to_napari
from catalog.export.neuroglancer import to_neuroglancer
from catalog.export.ome_zarr import OmeZarrTransformation, to_ome_zarr

__all__ = [
    "FORMS",
    "End",
    "Export",
    "OmeZarrTransformation",
    "export",
    "to_itk",
    "to_napari",
    "to_neuroglancer",
    "to_ome_zarr",
]
