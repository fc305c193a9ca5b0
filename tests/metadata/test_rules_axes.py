"""Rules about axes: each with a document that breaks it and one that does not."""

import pytest

from catalog.metadata.check import check_attributes

Json = dict[str, object]


def axis(name: str, kind: str | None = "space", **more: object) -> Json:
    return {"name": name, "type": kind, **more}


def image(*axes: Json, version: str = "0.6") -> Json:
    return {
        "ome": {
            "version": version,
            "multiscales": [
                {
                    "coordinateSystems": [{"name": "intrinsic", "axes": list(axes)}],
                    "datasets": [
                        {
                            "path": "0",
                            "coordinateTransformations": [
                                {
                                    "type": "scale",
                                    "scale": [1] * len(axes),
                                    "input": {"path": "0"},
                                    "output": {"name": "intrinsic"},
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    }


def old_image(*axes: Json, version: str = "0.4") -> Json:
    scale = {"type": "scale", "scale": [1] * len(axes)}
    return {
        "multiscales": [
            {
                "version": version,
                "axes": list(axes),
                "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
                "coordinateTransformations": [scale],
            }
        ]
    }


def scene(*axes: Json, version: str = "0.6") -> Json:
    ends = {"input": {"name": "world"}, "output": {"path": "t", "name": "physical"}}
    return {
        "ome": {
            "version": version,
            "scene": {
                "coordinateSystems": [{"name": "world", "axes": list(axes)}],
                "coordinateTransformations": [{"type": "identity", **ends}],
            },
        }
    }


def anatomical(name: str, value: str, kind: str = "space") -> Json:
    return axis(name, kind, orientation={"type": "anatomical", "value": value})


Y, X, Z = axis("y"), axis("x"), axis("z")
T, C = axis("t", "time"), axis("c", "channel")
ROW, COLUMN = axis("i", "array"), axis("j", "array")

CASES = [
    ("duplicate-axis", image(Y, Y), image(Y, X)),
    ("duplicate-axis", old_image(X, X), old_image(Y, X)),
    ("axis-count", image(Y), image(Y, X)),
    ("axis-count", image(T, C, axis("w"), Z, Y, X), image(T, C, Z, Y, X)),
    ("axis-count", old_image(Y), old_image(T, C, Z, Y, X)),
    ("space-axes", image(C, X), image(C, Y, X)),
    ("space-axes", image(axis("w"), Z, Y, X), image(Z, Y, X)),
    ("space-axes", image(axis("y", "other"), X), image(axis("angle", "other"), Y, X)),
    ("space-axes", image(T, C), image(axis("i", "array"), axis("j", "array"))),
    ("space-axes", old_image(T, C), old_image(axis("angle", None), Y, X)),
    ("axis-types", image(axis("a", "angle"), C, Y, X), image(axis("a", "angle"), Y, X)),
    ("axis-types", image(T, axis("u", "time"), Y, X), image(T, Y, X)),
    ("axis-order", image(Y, X, C), image(C, Y, X)),
    ("axis-order", image(C, T, Y, X), image(T, C, Y, X)),
    ("axis-order", old_image(Y, X, C), old_image(C, Y, X)),
    ("axis-order", image(Y, X, T), image(Y, X, T, version="0.9.dev1")),
    ("axis-count", image(Y), image(Y, version="0.9.dev2")),
    ("space-axes", image(T, C), image(T, C, version="0.9.dev2")),
    ("space-axes", image(ROW, COLUMN, Y, X), image(ROW, COLUMN, Y)),
    ("empty", image(axis(""), X), image(axis(""), X, version="0.6.dev2")),
    ("axis-order", image(Y, X, C), image(Y, X, axis("d", "displacement"))),
    ("scene-axes", scene(X), scene(Y, X)),
    ("scene-axes", scene(X), scene(X, version="0.6.dev4")),
    ("scene-axes", scene(*(axis(name, "array") for name in "abcdef")), scene(ROW, COLUMN)),
    ("axis-unit", image(axis("y", unit="µm"), X), image(axis("y", unit="micrometer"), X)),
    ("axis-unit", image(axis("t", "time", unit="meter"), Y, X), image(T, Y, X)),
    (
        "axis-orientation",
        image(anatomical("y", "left-to-right", "other"), Y, X),
        image(anatomical("y", "left-to-right"), X),
    ),
    (
        "axis-orientation",
        image(anatomical("y", "up-to-down"), X),
        image(anatomical("y", "superior-to-inferior"), anatomical("x", "left-to-right")),
    ),
    (
        "axis-orientation",
        image(anatomical("y", "left-to-right"), anatomical("x", "right-to-left")),
        image(Y, X),
    ),
]


@pytest.mark.parametrize(("code", "broken", "sound"), CASES)
def test_rule(code: str, broken: Json, sound: Json) -> None:
    zarr_format = 3 if "ome" in broken else 2
    assert code in {found.code for found in check_attributes(broken, zarr_format=zarr_format)}
    assert code not in {found.code for found in check_attributes(sound, zarr_format=zarr_format)}


def test_orientations_have_rules_since_0_9() -> None:
    """Before, the key has no meaning, and a document that misuses it is valid."""
    axes = anatomical("y", "up-to-down"), X
    found = {
        version: {
            problem.severity
            for problem in check_attributes(image(*axes, version=version))
            if problem.code == "axis-orientation"
        }
        for version in ("0.5", "0.6", "0.9.dev2")
    }
    assert found == {"0.5": {"warning"}, "0.6": {"warning"}, "0.9.dev2": {"error"}}


def test_the_same_axes_are_judged_once() -> None:
    found = check_attributes(old_image(X, Y, C), zarr_format=2)
    assert [problem.pointer for problem in found] == ["/multiscales/0/axes"]
