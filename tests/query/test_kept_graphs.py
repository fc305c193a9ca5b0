"""Graphs of large components that are kept: never stale, and never without bound."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from catalog import Catalog
from catalog.database.components import LARGE
from catalog.errors import NoPathError
from catalog.query import kept


def chain(folder: Path, shortcut: bool) -> None:
    """Write a scene whose systems hang together like a chain, perhaps with a shortcut."""
    names = [f"s{i:03}" for i in range(LARGE + 10)]
    edges = list(pairwise(names))
    edges += [(names[0], names[-1])] * shortcut
    axes = [{"name": "x", "type": "space"}]
    scene = {
        "coordinateSystems": [{"name": name, "axes": axes} for name in names],
        "coordinateTransformations": [
            {
                "type": "translation",
                "translation": [1.0],
                "input": {"name": one},
                "output": {"name": other},
            }
            for one, other in edges
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    ome = {"version": "0.6", "scene": scene}
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}
    (folder / "zarr.json").write_text(json.dumps(document))


def test_what_is_written_again_is_read_again(database_url: str, tmp_path: Path) -> None:
    folder, last = tmp_path / "data" / "long.zarr", f"s{LARGE + 9:03}"
    with Catalog(database_url) as catalog:
        for shortcut, steps in ((False, LARGE + 9), (True, 1), (False, LARGE + 9)):
            chain(folder, shortcut)
            assert catalog.index(folder.parent, force=True).failed == 0
            for _ in range(2):
                path = catalog.path("s000", last)
                assert len(path.steps) == steps
                assert path.transform([[0.0]]).tolist() == [[float(steps)]]
        # What is avoided is gone from one answer, not from the graph that is kept.
        with pytest.raises(NoPathError, match="avoids s100"):
            catalog.path("s000", last, avoid=["s100"])
        assert len(catalog.path("s000", last).steps) == LARGE + 9
        assert len(catalog.path(last, "s000").steps) == LARGE + 9
        with pytest.raises(NoPathError, match="forward only"):
            catalog.path(last, "s000", forward_only=True)


def test_no_more_is_kept_than_allowed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "KEPT_BYTES", 1)
    for name in ("one", "two"):
        chain(tmp_path / "data" / f"{name}.zarr", shortcut=False)
    with Catalog(database_url) as catalog:
        catalog.index(tmp_path / "data")
        with catalog._database.reading() as connection:
            ids = [
                catalog.system(f"{tmp_path}/data/{name}.zarr#s000").component_id
                for name in ("one", "two", "one")
            ]
            graphs = [kept.packed_graph(connection, id_) for id_ in ids]
            assert graphs[0] is not graphs[2]
            assert kept.packed_graph(connection, ids[2]) is graphs[2]
