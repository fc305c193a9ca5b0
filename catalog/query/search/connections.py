"""Coordinate systems and transformations, as subjects of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from catalog.database.schema import axis_layout, coordinate_system, transformation, zarr_group
from catalog.query.addresses import address
from catalog.query.search.fields import PLACE, THERE, Field, Many, Subject, axis_fields
from catalog.query.search.found import Found, SystemFound, TransformationFound


def _system(row: Sequence[Any]) -> Found:
    id_, url, path, name, *rest = row
    return SystemFound(id_, address(url, path, name), name, *rest)


_systems = coordinate_system.join(zarr_group, zarr_group.c.id == coordinate_system.c.group_id)
SYSTEMS = Subject(
    *("systems", "coordinate system", coordinate_system, coordinate_system.c.id, _systems),
    THERE,
    (
        Field(
            *("id", "integer", "Id of the coordinate system", "id = 17"),
            column=coordinate_system.c.id,
            indexed=True,
        ),
        Field(
            *("name", "text", "Its name; empty for that of an array", "name = 'atlas'"),
            column=coordinate_system.c.name,
            indexed=True,
        ),
        *PLACE,
        Field(
            *("array_path", "text", "Of the array whose own it is; else empty"),
            "array_path = '0'",
            column=coordinate_system.c.array_path,
        ),
        Field(
            *(
                "kind",
                "text",
                "Its kind: declared, array, implied or undeclared",
                "kind = 'declared'",
            ),
            column=coordinate_system.c.kind,
        ),
        Field(
            *("ndim", "integer", "Number of its axes", "ndim = 3"),
            column=coordinate_system.c.ndim,
            nullable=True,
        ),
        *axis_fields(coordinate_system.c.axis_layout_id),
        Field(
            *("component", "integer", "Id of the component that it is part of", "component = 5"),
            column=coordinate_system.c.component_id,
            indexed=True,
        ),
    ),
    (
        *(coordinate_system.c.id, zarr_group.c.url, coordinate_system.c.array_path),
        *(coordinate_system.c.name, coordinate_system.c.kind, axis_layout.c.axes),
        *(coordinate_system.c.ndim, coordinate_system.c.component_id),
    ),
    *(_system, SystemFound),
    details=[(axis_layout, axis_layout.c.id == coordinate_system.c.axis_layout_id)],
)


def _transformation(row: Sequence[Any]) -> Found:
    id_, name, type_, *ends = row[:9]
    source, target = address(*ends[:3]), address(*ends[3:])
    return TransformationFound(id_, name, type_, source, target, *row[9:])


_input = coordinate_system.alias("input_system")
_output = coordinate_system.alias("output_system")
_input_group = zarr_group.alias("input_group")
_output_group = zarr_group.alias("output_group")
_edges = transformation.join(zarr_group, zarr_group.c.id == transformation.c.group_id)


def _end(name: str, column: sa.Column[int], meaning: str) -> Field:
    end = coordinate_system
    return Field(
        *(name, "text", meaning, f"{name} = 'world'"),
        many=Many(column, end.c.id, end.c.name, end, few=False),
        indexed=True,
    )


TRANSFORMATIONS = Subject(
    *("transformations", "transformation", transformation, transformation.c.id, _edges),
    THERE,
    (
        Field(
            *("id", "integer", "Id of the transformation", "id = 17"),
            column=transformation.c.id,
            indexed=True,
        ),
        Field(
            *("name", "text", "Its name, as written", "name LIKE 'registration%'"),
            column=transformation.c.name,
            nullable=True,
            indexed=True,
        ),
        *PLACE,
        Field(
            *("type", "text", "One of the types of OME-Zarr 0.6", "type = 'affine'"),
            column=transformation.c.type,
            indexed=True,
        ),
        Field(
            *("origin", "text", "What declares it: dataset, multiscale, scene, implied or link"),
            "origin = 'scene'",
            column=transformation.c.origin,
        ),
        Field(
            *("invertibility", "text", "Its way back: closed, explicit, numeric or no"),
            "invertibility = 'no'",
            column=transformation.c.invertibility,
        ),
        _end("input", transformation.c.input_id, "Name of the system where it starts"),
        _end("output", transformation.c.output_id, "Name of the system where it leads"),
        Field(
            *("component", "integer", "Id of the component that it is part of", "component = 5"),
            column=transformation.c.component_id,
            indexed=True,
        ),
    ),
    (
        *(transformation.c.id, transformation.c.name, transformation.c.type),
        *(_input_group.c.url, _input.c.array_path, _input.c.name),
        *(_output_group.c.url, _output.c.array_path, _output.c.name),
        *(transformation.c.origin, transformation.c.invertibility, zarr_group.c.url),
        *(transformation.c.pointer, transformation.c.component_id),
    ),
    *(_transformation, TransformationFound),
    details=[
        (_input, _input.c.id == transformation.c.input_id),
        (_input_group, _input_group.c.id == _input.c.group_id),
        (_output, _output.c.id == transformation.c.output_id),
        (_output_group, _output_group.c.id == _output.c.group_id),
    ],
)
