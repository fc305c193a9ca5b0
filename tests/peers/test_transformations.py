"""Nested transformations, both ways: ours, transformnd's and ome-zarr-models' agree.

Each package is asked for what it supports: transformnd for all types, ome-zarr-models for
those that keep the number of axes and need no array.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from catalog.geometry.field import Field
from catalog.geometry.mapping import Mapping, mapping
from catalog.geometry.moving import Moving
from catalog.metadata.transformations import AnyTransform

pytestmark = pytest.mark.filterwarnings("ignore")

Peer = Callable[[str], ModuleType]
Document = dict[str, Any]
Points = NDArray[np.float64]

READ: TypeAdapter[AnyTransform] = TypeAdapter(AnyTransform)
NODES, STEP = 9, 4.0
RNG = np.random.default_rng(5)
FIELDS = {
    "displacements": RNG.normal(size=(NODES, NODES, 2)),
    "coordinates": RNG.normal(size=(NODES, NODES, 2)) * 10,
    "coordinates to 3": RNG.normal(size=(NODES, NODES, 3)) * 10,
}

# Two axes in, two out.
SQUARE: dict[str, Document] = {
    "identity": {"type": "identity"},
    "mapAxis": {"type": "mapAxis", "mapAxis": [1, 0]},
    "translation": {"type": "translation", "translation": [5.0, -0.3]},
    "scale": {"type": "scale", "scale": [0.7, -3.0]},
    "affine": {"type": "affine", "affine": [[2.1, 1.0, 5.0], [-1.0, 3.3, 0.5]]},
    "rotation": {"type": "rotation", "rotation": [[0.6, -0.8], [0.8, 0.6]]},
}
PAIR = {"type": "bijection", "forward": SQUARE["affine"], "inverse": SQUARE["rotation"]}
SQUARE["bijection"] = PAIR
SQUARE["sequence"] = {
    "type": "sequence",
    "transformations": [SQUARE["scale"], SQUARE["mapAxis"], SQUARE["rotation"]],
}
SQUARE["byDimension"] = {
    "type": "byDimension",
    "transformations": [
        {
            "transformation": {"type": "scale", "scale": [3.0]},
            "inputAxes": [1],
            "outputAxes": [0],
        },
        {
            "transformation": {"type": "translation", "translation": [7.0]},
            "inputAxes": [0],
            "outputAxes": [1],
        },
    ],
}
# Two axes in, another number out; or arrays.
OTHERS: dict[str, Document] = {
    "affine to 3": {"type": "affine", "affine": [[2, 1, 5.5], [-1, 3, 0.5], [1, 1, 1]]},
    "affine to 1": {"type": "affine", "affine": [[2, 1, 5.5]]},
    "projectAxis, created": {"type": "projectAxis", "createdOutputs": [0, 2]},
    "projectAxis, dropped": {"type": "projectAxis", "droppedInputs": [0]},
    "projectAxis, both": {"type": "projectAxis", "createdOutputs": [1], "droppedInputs": [0]},
    "displacements": {"type": "displacements", "path": "displacements"},
    "coordinates": {"type": "coordinates", "path": "coordinates"},
    "coordinates to 3": {"type": "coordinates", "path": "coordinates to 3"},
}
OUT = {"affine to 3": 3, "affine to 1": 1, "projectAxis, created": 4, "projectAxis, dropped": 1}
OUT["coordinates to 3"] = 3


def bare(t: Document, comes: int) -> tuple[Document, int, int]:
    return t, 2, comes


def in_sequence(t: Document, comes: int) -> tuple[Document, int, int]:
    before = {"type": "translation", "translation": [0.5, 1.5]}
    after = {"type": "scale", "scale": [2.0] * comes}
    return {"type": "sequence", "transformations": [before, t, after]}, 2, comes


def in_by_dimension(t: Document, comes: int) -> tuple[Document, int, int]:
    items = [
        {"transformation": t, "inputAxes": [2, 0], "outputAxes": list(range(comes))},
        {
            "transformation": {"type": "scale", "scale": [4.0]},
            "inputAxes": [1],
            "outputAxes": [comes],
        },
    ]
    return {"type": "byDimension", "transformations": items}, 3, comes + 1


def in_bijection(t: Document, comes: int) -> tuple[Document, int, int]:
    rows = [[1.0 + i + 2 * j for j in range(comes + 1)] for i in range(2)]
    return (
        {"type": "bijection", "forward": t, "inverse": {"type": "affine", "affine": rows}},
        2,
        comes,
    )


def deep(t: Document, comes: int) -> tuple[Document, int, int]:
    inner, _, _ = in_bijection(t, comes)
    outer, takes, gives = in_by_dimension(inner, comes)
    back = [[1.0 + i - j for j in range(gives + 1)] for i in range(takes)]
    pair = {"type": "bijection", "forward": outer, "inverse": {"type": "affine", "affine": back}}
    return {"type": "sequence", "transformations": [pair]}, takes, gives


NESTINGS = {
    "bare": bare,
    "in a sequence": in_sequence,
    "in a byDimension": in_by_dimension,
    "in a bijection": in_bijection,
    "in a bijection in a byDimension in a bijection in a sequence": deep,
}


class Held:
    """Vectors in memory, as a grid that can be read."""

    def __init__(self, values: Points) -> None:
        self.values = values
        self.shape = self.chunks = values.shape[:-1]
        self.components = values.shape[-1]
        self.dtype = values.dtype

    def read(self, start: tuple[int, ...], stop: tuple[int, ...]) -> Points:
        return self.values[tuple(map(slice, start, stop))]


def ours(t: Document, takes: int, gives: int) -> Mapping:
    to_grid = np.hstack([np.eye(2) / STEP, np.full((2, 1), NODES // 2)])
    made = mapping(READ.validate_python(t), takes, gives)
    return made.reading(lambda path, kind: Field(kind, path, Held(FIELDS[path]), to_grid))


def moved(made: Mapping, points: Points) -> Points:
    moving = Moving("error")
    moving.begin(len(points))
    return made.apply(points, moving)


def points_of(ndim: int) -> Points:
    return np.random.default_rng(ndim).uniform(-4, 4, size=(20, ndim))


def in_transformnd(kinds: ModuleType, base: ModuleType, t: Document, takes: int) -> Any:
    """Make the same with transformnd."""
    kind = t["type"]
    if kind == "identity":
        return kinds.Identity(takes)
    if kind == "mapAxis":
        return kinds.MapAxis(t["mapAxis"])
    if kind == "translation":
        return kinds.Translate(t["translation"])
    if kind == "scale":
        return kinds.Scale(t["scale"])
    if kind == "rotation":
        return kinds.Affine.from_linear_map(np.array(t["rotation"]))
    if kind == "affine":
        rows = t["affine"]
        return kinds.Affine([*rows, [0.0] * (len(rows[0]) - 1) + [1.0]])
    if kind == "projectAxis":
        dropped, created = (set(t.get(k, ())) for k in ("droppedInputs", "createdOutputs"))
        return kinds.ProjectAxis(dropped, created, source_ndim=takes)
    if kind == "sequence":
        members = []
        for member in t["transformations"]:
            members.append(in_transformnd(kinds, base, member, takes))
            takes = members[-1].ndims.target
        return base.TransformSequence(members)
    if kind == "bijection":
        there = in_transformnd(kinds, base, t["forward"], takes)
        back = in_transformnd(kinds, base, t["inverse"], there.ndims.target)
        return kinds.Bijection(there, back)
    if kind == "byDimension":
        return kinds.ByDimension(
            [
                kinds.SubTransform(
                    in_transformnd(kinds, base, item["transformation"], len(item["inputAxes"])),
                    item["inputAxes"],
                    item["outputAxes"],
                )
                for item in t["transformations"]
            ]
        )
    cls = kinds.Displacements if kind == "displacements" else kinds.Coordinates
    to_grid = base.TransformSequence(
        [kinds.Scale([1 / STEP] * 2), kinds.Translate([float(NODES // 2)] * 2)]
    )
    return cls(FIELDS[t["path"]], to_grid, interpolation_order=1)


SUPPORTED = [
    (name, nesting)
    for name in [*SQUARE, *OTHERS]
    for nesting in NESTINGS
    # Its byDimension wants as many axes out as in.
    if "byDimension" not in nesting or name not in OUT
]


@pytest.mark.parametrize(("name", "nesting"), SUPPORTED)
def test_transformnd_moves_points_as_we_do(peer: Peer, name: str, nesting: str) -> None:
    kinds, base = peer("transformnd.transforms"), peer("transformnd")
    t = {**SQUARE, **OTHERS}[name]
    t, takes, gives = NESTINGS[nesting](t, OUT.get(name, 2))
    mine, theirs = ours(t, takes, gives), in_transformnd(kinds, base, t, takes)
    points = points_of(takes)
    np.testing.assert_allclose(moved(mine, points), theirs.apply(points), rtol=1e-9, atol=1e-9)
    back = None if mine.invertibility in {"no", "numeric"} else mine.inverse()
    if back is not None:
        points = points_of(gives)
        expected = theirs.invert().apply(points)
        np.testing.assert_allclose(moved(back, points), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("name", SQUARE)
def test_ome_zarr_models_moves_points_as_we_do(peer: Peer, name: str, nesting: str) -> None:
    transforms = peer("ome_zarr_models.v06.coordinate_transforms")
    t, takes, gives = NESTINGS[nesting](SQUARE[name], 2)
    theirs = TypeAdapter(transforms.AnyTransform).validate_python(
        {**t, "input": {"name": "a"}, "output": {"name": "b"}}
    )
    mine = ours(t, takes, gives)
    for point in points_of(takes)[:5]:
        expected = theirs.transform_point(tuple(point.tolist()))
        np.testing.assert_allclose(moved(mine, point[None, :]), [expected], rtol=1e-9, atol=1e-9)
    if name in {"affine", "rotation", "sequence"} and nesting == "in a byDimension":
        return  # it turns matrices around by themselves, but not inside a byDimension
    back, reverse = mine.inverse(), theirs.get_inverse()
    for point in points_of(gives)[:5]:
        expected = reverse.transform_point(tuple(point.tolist()))
        np.testing.assert_allclose(moved(back, point[None, :]), [expected], rtol=1e-9, atol=1e-9)
