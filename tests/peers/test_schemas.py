"""The specification's own JSON schemas, which ngff-zarr carries: what they refuse, we refuse.

Small documents of ours are broken in every way that a few rules know, at every place. The
schemas know shapes only, so the other direction does not hold: names that repeat, parameters
that do not fit the axes and the like are ours to find.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from catalog.metadata.check import check_attributes

Json = Any
Place = tuple[str | int, ...]

AXES = [
    {"name": "c", "type": "channel", "discrete": True},
    {"name": "y", "type": "space", "unit": "micrometer", "longName": "up"},
    {"name": "x", "type": "space"},
]
SCALE = {"type": "scale", "scale": [1, 0.5, 0.5]}
MOVE = {"type": "translation", "translation": [0, 3, -4]}
OMERO = {
    "channels": [
        {
            "label": "DAPI",
            "color": "0000FF",
            "family": "linear",
            "active": True,
            "window": {"min": 0, "max": 9, "start": 0, "end": 5},
        }
    ]
}
OLD_IMAGE = {
    "name": "image",
    "axes": AXES,
    "datasets": [
        {"path": "0", "coordinateTransformations": [SCALE]},
        {"path": "1", "coordinateTransformations": [SCALE, MOVE]},
    ],
    "coordinateTransformations": [SCALE],
}
PLATE = {
    "name": "plate",
    "rows": [{"name": "A"}],
    "columns": [{"name": "1"}, {"name": "2"}],
    "wells": [{"path": "A/2", "rowIndex": 0, "columnIndex": 1}],
    "field_count": 2,
    "acquisitions": [{"id": 1, "name": "a", "maximumfieldcount": 2, "starttime": 1, "endtime": 2}],
}
WELL = {"images": [{"path": "0", "acquisition": 1}, {"path": "1", "acquisition": 1}]}
LABEL = {
    "colors": [{"label-value": 1, "rgba": [0, 1, 2, 255]}],
    "properties": [{"label-value": 1, "class": "cell"}],
    "source": {"image": "../../"},
}
PHYSICAL, OTHER = {"name": "physical"}, {"name": "other"}


def system(name: str, axes: Json = AXES) -> Json:
    return {"name": name, "axes": axes}


def edge(**transformation: object) -> Json:
    return {"input": PHYSICAL, "output": OTHER, **transformation}


IMAGE = {
    "name": "image",
    "coordinateSystems": [system("physical"), system("other")],
    "datasets": [
        {
            "path": "0",
            "coordinateTransformations": [{**SCALE, "input": {"path": "0"}, "output": PHYSICAL}],
        },
        {
            "path": "1",
            "coordinateTransformations": [
                {
                    "type": "sequence",
                    "input": {"path": "1"},
                    "output": PHYSICAL,
                    "transformations": [SCALE, MOVE],
                }
            ],
        },
    ],
    "coordinateTransformations": [
        edge(type="mapAxis", mapAxis=[0, 2, 1]),
        edge(type="affine", affine=[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]),
        edge(type="rotation", rotation=[[1, 0, 0], [0, 0, -1], [0, 1, 0]]),
        edge(type="projectAxis", droppedInputs=[0], createdOutputs=[0]),
        edge(type="displacements", path="field", interpolation="linear"),
        edge(
            type="byDimension",
            transformations=[
                {"transformation": SCALE, "inputAxes": [0, 1, 2], "outputAxes": [2, 1, 0]}
            ],
        ),
    ],
}
SCENE = {
    "coordinateSystems": [system("world", AXES[1:])],
    "coordinateTransformations": [
        {
            "type": "bijection",
            "input": {"path": "tile", "name": "physical"},
            "output": {"name": "world"},
            "forward": {"type": "coordinates", "path": "field"},
            "inverse": {"type": "sequence", "transformations": [{"type": "identity"}]},
        }
    ],
}

OLD = {"image": {"multiscales": [OLD_IMAGE], "omero": OMERO}}
NEW = {"image": {"multiscales": [IMAGE], "omero": OMERO}, "scene": {"scene": SCENE}}
SHARED = {
    "plate": {"plate": PLATE},
    "well": {"well": WELL},
    "label": {"image-label": LABEL},
    "ome": {"series": ["0", "1"]},
}
DOCUMENTS = {"0.4": OLD | SHARED, "0.5": OLD | SHARED, "0.6": NEW | SHARED}

#: What stands in a place instead.
OTHERS: tuple[Json, ...] = ("", "a b", 0, -1, 7, 1.5, True, [], {})


def document(version: str, parts: Json) -> Json:
    if version == "0.4":
        held = copy.deepcopy(parts)
        for part in held.values():
            for entry in part if isinstance(part, list) else [part]:
                if isinstance(entry, dict):
                    entry["version"] = version
        return held
    return {"ome": {"version": version, **parts}}


def places(value: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    yield place, value
    items: Iterable[tuple[str | int, Json]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield from places(inner, (*place, key))


def broken(sound: Json) -> Iterator[Json]:
    """Yield a document in which one thing is gone, is another, or stands twice."""
    for place, value in places(sound):
        if place in ((), ("ome",)) or place[-1] == "version":
            continue
        others = [other for other in OTHERS if other != value or type(other) is not type(value)]
        if isinstance(value, list) and value:
            others += [[*value, value[-1]], value[:-1]]
        if isinstance(value, dict):
            others.append({**value, "unknown": 1})
        for other in (None, *others):
            result = copy.deepcopy(sound)
            holder = result
            for step in place[:-1]:
                holder = holder[step]
            if other is None:
                del holder[place[-1]]
            else:
                holder[place[-1]] = copy.deepcopy(other)
            yield result


def errors(attributes: Json, version: str) -> set[str]:
    zarr_format = 2 if version == "0.4" else 3
    found = check_attributes(attributes, zarr_format=zarr_format)
    return {problem.code for problem in found if problem.severity == "error"}


@pytest.fixture(scope="module")
def refuses(peer: Callable[[str], ModuleType]) -> Callable[[str, str, Json], bool]:
    """Say whether the schema of a version for one kind of document refuses it."""
    jsonschema, referencing = peer("jsonschema"), peer("referencing")
    root = Path(str(peer("ngff_zarr").__file__)).parent / "spec"
    validators: dict[str, dict[str, Json]] = {}
    for version in DOCUMENTS:
        registry, schemas = referencing.Registry(), {}
        for path in sorted((root / version / "schemas").glob("*.schema")):
            schema = json.loads(path.read_text(encoding="utf-8"))
            schema.setdefault("$schema", "https://json-schema.org/draft/2020-12/schema")
            registry = referencing.Resource.from_contents(schema) @ registry
            schemas[path.stem] = schema
        validators[version] = {
            kind: jsonschema.Draft202012Validator(schema, registry=registry)
            for kind, schema in schemas.items()
        }

    def refused(version: str, kind: str, attributes: Json) -> bool:
        return not validators[version][kind].is_valid(attributes)

    return refused


@pytest.mark.parametrize("version", DOCUMENTS)
def test_what_the_schemas_refuse(version: str, refuses: Callable[[str, str, Json], bool]) -> None:
    count = 0
    for kind, parts in DOCUMENTS[version].items():
        sound = document(version, parts)
        assert not refuses(version, kind, sound)
        assert errors(sound, version) == set()
        for attributes in broken(sound):
            if refuses(version, kind, attributes):
                count += 1
                assert errors(attributes, version), json.dumps(attributes)
    assert count > 500
