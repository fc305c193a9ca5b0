"""Scenes and plates, as subjects of a search."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import image, plate, scene, scene_image, zarr_group
from catalog.query.search.crates import CRATE
from catalog.query.search.fields import PLACE, THERE, Field, Many, Subject
from catalog.query.search.found import PlateFound, SceneFound

_images_of_scene = scene_image.join(image, image.c.group_id == scene_image.c.image_group_id)


def _grouped(table: sa.Table, *fields: Field) -> tuple[Field, ...]:
    """Put fields beside those of all that is a group."""
    return (
        Field("id", "integer", "Id of its group", "id = 17", column=table.c.group_id, indexed=True),
        Field(
            *("name", "text", "Its name; where it has none, that of its group"),
            "name LIKE 'brain%'",
            column=table.c.title,
            indexed=True,
        ),
        *PLACE,
        Field(
            *("version", "text", "Version of OME-Zarr, as claimed", "version = '0.6'"),
            column=zarr_group.c.ome_version,
        ),
        *fields,
        *CRATE,
    )


def _counted(table: sa.Table, name: str, meaning: str, *, nullable: bool = False) -> Field:
    column = table.c[name]
    return Field(name, "integer", meaning, f"{name} > 10", column=column, nullable=nullable)


SCENES = Subject(
    *("scenes", "scene", scene, scene.c.group_id),
    scene.join(zarr_group, zarr_group.c.id == scene.c.group_id),
    THERE,
    _grouped(
        scene,
        _counted(scene, "images", "Number of images that it refers to"),
        _counted(scene, "coordinate_systems", "Number of coordinate systems that it declares"),
        _counted(scene, "transformations", "Number of transformations that it declares"),
        Field(
            *("image", "text", "Names of its images", "image = 'tile_3'"),
            many=Many(
                scene.c.group_id, scene_image.c.scene_id, image.c.title, _images_of_scene, few=False
            ),
            indexed=True,
        ),
    ),
    (
        *(scene.c.group_id, scene.c.title, zarr_group.c.url, zarr_group.c.ome_version),
        *(scene.c.images, scene.c.coordinate_systems, scene.c.transformations),
    ),
    *(lambda row: SceneFound(*row), SceneFound),
)

PLATES = Subject(
    *("plates", "plate", plate, plate.c.group_id),
    plate.join(zarr_group, zarr_group.c.id == plate.c.group_id),
    THERE,
    _grouped(
        plate,
        _counted(plate, "rows", "Number of rows"),
        _counted(plate, "columns", "Number of columns"),
        _counted(plate, "wells", "Number of wells that it names"),
        _counted(plate, "field_count", "Most fields of view in a well, as written", nullable=True),
        _counted(plate, "acquisitions", "Number of acquisitions"),
    ),
    (
        *(plate.c.group_id, plate.c.title, zarr_group.c.url, zarr_group.c.ome_version),
        *(plate.c.rows, plate.c.columns, plate.c.wells, plate.c.field_count),
        plate.c.acquisitions,
    ),
    *(lambda row: PlateFound(*row), PlateFound),
)
