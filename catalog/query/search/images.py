"""Images and label images, as subjects of a search."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from catalog.database.schema import channel, image, label_image, scene, scene_image, zarr_group
from catalog.query.search.crates import CRATE
from catalog.query.search.fields import PLACE, THERE, Field, Many, Subject, axis_fields
from catalog.query.search.found import Found, ImageFound, LabelFound


def _size(name: str) -> Field:
    return Field(
        *(f"size_{name}", "integer", f"Size of the first level along {name}"),
        f"size_{name} >= 1000",
        column=image.c[f"size_{name}"],
        nullable=True,
        indexed=name != "c",
    )


def _voxel(name: str) -> Field:
    return Field(
        *(f"voxel_size_{name}", "number"),
        f"Size of a voxel along {name}, in micrometer (as written if no unit is said)",
        f"voxel_size_{name} < 0.5",
        column=image.c[f"voxel_size_{name}"],
        nullable=True,
        indexed=True,
    )


_scenes_of_image = scene_image.join(scene, scene.c.group_id == scene_image.c.scene_id)
_scene_group = zarr_group.alias("scene_group")
_IMAGE_FIELDS = (
    Field("id", "integer", "Id of the image", "id = 17", column=image.c.id, indexed=True),
    Field(
        *("name", "text", "Its name; where it has none, that of its group"),
        "name LIKE 'tile%'",
        column=image.c.title,
        indexed=True,
    ),
    *PLACE,
    Field(
        *("version", "text", "Version of OME-Zarr, as claimed", "version = '0.4'"),
        column=image.c.ome_version,
        indexed=True,
    ),
    Field(
        *("zarr_format", "integer", "Version of Zarr", "zarr_format = 2"),
        column=image.c.zarr_format,
    ),
    Field(*("entry", "integer", "Its place in multiscales", "entry = 0"), column=image.c.entry),
    Field(
        *("axes", "text", "Names of its axes in order", "axes = 'tczyx'"),
        column=image.c.axes,
        indexed=True,
    ),
    Field("ndim", "integer", "Number of its axes", "ndim = 5", column=image.c.ndim),
    Field(
        *("dtype", "text", "Data type of the first level", "dtype IN ('uint8', 'uint16')"),
        column=image.c.dtype,
        nullable=True,
        indexed=True,
    ),
    *[_size(name) for name in "tczyx"],
    *[_voxel(name) for name in "zyx"],
    Field(
        *("time_step", "number"),
        "Time between two frames, in seconds (as written if no unit is said)",
        "time_step <= 60",
        column=image.c.time_step,
        nullable=True,
    ),
    Field("levels", "integer", "Number of resolution levels", "levels > 1", column=image.c.levels),
    Field(
        *("channels", "integer", "Number of channels that are described", "channels = 2"),
        column=image.c.channels,
    ),
    Field(
        *("labels", "integer", "Number of label images that annotate it", "labels >= 1"),
        column=image.c.labels,
        indexed=True,
    ),
    Field(
        *("has_labels", "boolean", "Whether label images annotate it", "has_labels = true"),
        column=image.c.labels > sa.literal_column("0"),
        indexed=True,
    ),
    Field(
        *("bytes", "integer", "Size of all its levels as declared", "bytes > 1000000000"),
        column=image.c.bytes,
        nullable=True,
    ),
    *axis_fields(image.c.axis_layout_id),
    *CRATE,
    Field(
        *("channel", "text", "Labels of its channels", "channel = 'DAPI'"),
        many=Many(image.c.group_id, channel.c.group_id, channel.c.label, channel, few=False),
        indexed=True,
    ),
    Field(
        *("scene", "text", "Names of the scenes that it is part of", "scene = 'brain 7'"),
        many=Many(image.c.group_id, scene_image.c.image_group_id, scene.c.title, _scenes_of_image),
        indexed=True,
    ),
    Field(
        *("scene_url", "text", "Locations of the scenes that it is part of"),
        "scene_url = 'file:///data/brain7.zarr'",
        many=Many(
            image.c.group_id,
            scene_image.c.image_group_id,
            _scene_group.c.url,
            scene_image.join(_scene_group, _scene_group.c.id == scene_image.c.scene_id),
        ),
        indexed=True,
    ),
)


@lru_cache(maxsize=4096)
def _tuple(text: object) -> tuple[int | float, ...] | None:
    return tuple(json.loads(text)) if isinstance(text, str) else None


def _image(row: Sequence[Any]) -> Found:
    values = list(row)
    values[7], values[9] = _tuple(values[7]), _tuple(values[9])
    return ImageFound._make(values)


def _label(row: Sequence[Any]) -> Found:
    values = list(row)
    values[7], values[9] = _tuple(values[7]), _tuple(values[9])
    return LabelFound._make(values)


_image_columns = (
    *(image.c.id, image.c.title, zarr_group.c.url, image.c.entry, image.c.ome_version),
    *(image.c.zarr_format, image.c.axes, image.c.shape, image.c.dtype, image.c.pixel_sizes),
)
_images = image.join(zarr_group, zarr_group.c.id == image.c.group_id)
_source = zarr_group.alias("source_group")

IMAGES = Subject(
    *("images", "image", image, image.c.id, _images),
    # A column of its own, so that an index over images need not be left for another table.
    sa.and_(THERE, image.c.is_label == sa.false()),
    _IMAGE_FIELDS,
    (
        *_image_columns,
        *(image.c.voxel_size_z, image.c.voxel_size_y, image.c.voxel_size_x, image.c.time_step),
        *(image.c.levels, image.c.channels, image.c.labels, image.c.bytes),
    ),
    *(_image, ImageFound),
)

_labels = label_image.join(image, image.c.id == label_image.c.image_id).join(
    zarr_group, zarr_group.c.id == image.c.group_id
)
LABELS = Subject(
    *("labels", "label image", image, image.c.id, _labels, THERE, _IMAGE_FIELDS),
    (*_image_columns, image.c.levels, _source.c.url),
    *(_label, LabelFound),
    details=[(_source, _source.c.id == label_image.c.source_group_id)],
)
