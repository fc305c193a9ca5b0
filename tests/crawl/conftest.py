"""Hierarchies for the tests of crawling, written as plain JSON; and a server that is watched."""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from catalog.stores import open_store

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]


def group(attributes: dict[str, Any]) -> dict[str, Any]:
    """Make the document of a Zarr v3 group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def array(shape: list[int]) -> dict[str, Any]:
    """Make the document of a Zarr v3 array, as zarr-python writes it."""
    return {
        "shape": shape,
        "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 256, 256]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
        ],
        "attributes": {},
        "dimension_names": ["z", "y", "x"],
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def image(index: int, levels: int = 3) -> dict[str, Any]:
    """Make the document of an image with its resolution levels."""
    return group(
        {
            "ome": {
                "version": "0.6",
                "multiscales": [
                    {
                        "name": f"tile {index}",
                        "coordinateSystems": [{"name": "physical", "axes": AXES}],
                        "datasets": [
                            {
                                "path": str(level),
                                "coordinateTransformations": [dataset(level)],
                            }
                            for level in range(levels)
                        ],
                    }
                ],
            }
        }
    )


def dataset(level: int) -> dict[str, Any]:
    """Make the transformation of a resolution level: the finest scales, others move too."""
    factor = 2**level
    ends = {"input": {"path": str(level)}, "output": {"name": "physical"}}
    scale = {"type": "scale", "scale": [2.0, 0.5 * factor, 0.5 * factor]}
    if level == 0:
        return {**scale, **ends}
    shift = 0.25 * (factor - 1)
    move = {"type": "translation", "translation": [0.0, shift, shift]}
    return {"type": "sequence", "transformations": [scale, move], **ends}


def scene(index: int, images: int) -> dict[str, Any]:
    """Make the document of a scene: each tile moved to its place in the world."""
    return group(
        {
            "ome": {
                "version": "0.6",
                "scene": {
                    "coordinateSystems": [{"name": "world", "axes": AXES}],
                    "coordinateTransformations": [
                        {
                            "type": "translation",
                            "name": f"tile {tile} to world",
                            "input": {"path": f"tile_{tile}", "name": "physical"},
                            "output": {"name": "world"},
                            "translation": [0.0, float(index % 7), 460.0 * tile],
                        }
                        for tile in range(images)
                    ],
                },
            }
        }
    )


def write_document(folder: Path, document: dict[str, Any]) -> None:
    """Write one document into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps(document, indent=2))


def write_scene(folder: Path, index: int = 0, images: int = 5, levels: int = 3) -> None:
    """Write a scene with its images and arrays into a folder."""
    write_document(folder, scene(index, images))
    for tile in range(images):
        write_document(folder / f"tile_{tile}", image(tile, levels))
        for level in range(levels):
            shape = [16, 1024 >> level, 1024 >> level]
            write_document(folder / f"tile_{tile}" / str(level), array(shape))


@pytest.fixture(scope="session")
def collection() -> SimpleNamespace:
    """The makers of documents above."""
    return SimpleNamespace(
        group=group,
        array=array,
        image=image,
        scene=scene,
        write_scene=write_scene,
        write_v2=write_v2,
        write_image_v2=write_image_v2,
        write_plate_v2=write_plate_v2,
        write_crate=write_crate,
        write_all_kinds=write_all_kinds,
        write_stored_parameters=write_stored_parameters,
    )


@pytest.fixture
def put():
    """Write a JSON document, or text as it is, into a file."""

    def write(path: Path, document: object = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document or {}))

    return write


@pytest.fixture
def settle():
    """Make everything in a folder as old as documents are that nobody is just writing."""

    def make(folder: Path) -> None:
        old = 1_700_000_000_000_000_000
        for place, _, names in os.walk(folder):
            for name in names:
                os.utime(Path(place, name), ns=(old, old), follow_symlinks=False)
            os.utime(place, ns=(old, old))

    return make


@pytest.fixture
def too_deep():
    """Make a folder that nobody can list, root neither: its path is longer than any may be."""

    def make(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        for _ in range(17):
            os.mkdir("d" * 250, dir_fd=descriptor)
            below = os.open("d" * 250, os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        os.close(descriptor)

    return make


def image_v04(path: str = "0") -> dict[str, Any]:
    """Make the attributes of an image of OME-Zarr 0.4, with one level."""
    scale = {"type": "scale", "scale": [0.5, 0.5]}
    return {
        "multiscales": [
            {
                "version": "0.4",
                "axes": [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
                "datasets": [{"path": path, "coordinateTransformations": [scale]}],
            }
        ]
    }


def write_v2(folder: Path, attributes: dict[str, Any] | None = None) -> None:
    """Write the documents of a Zarr v2 group into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    if attributes is not None:
        (folder / ".zattrs").write_text(json.dumps(attributes))


def write_array_v2(folder: Path) -> None:
    """Write an array of Zarr v2 with a chunk into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"zarr_format": 2, "shape": [4, 4], "chunks": [2, 2], "dtype": "<u2"}
    (folder / ".zarray").write_text(json.dumps(document))
    (folder / "0.0").write_text("chunk")


def write_image_v2(folder: Path, labels: bool = False) -> None:
    """Write an image of OME-Zarr 0.4 into a folder."""
    write_v2(folder, image_v04())
    write_array_v2(folder / "0")
    if labels:
        write_v2(folder / "labels", {"labels": ["cells"]})
        label = image_v04() | {"image-label": {"source": {"image": "../../"}}}
        write_v2(folder / "labels" / "cells", label)
        write_array_v2(folder / "labels" / "cells" / "0")


def write_plate_v2(folder: Path) -> None:
    """Write a plate of OME-Zarr 0.4 into a folder: two wells, two fields each."""
    wells = [
        {"path": f"{row}/1", "rowIndex": index, "columnIndex": 0} for index, row in enumerate("AB")
    ]
    names: dict[str, Any] = {"rows": [{"name": "A"}, {"name": "B"}], "columns": [{"name": "1"}]}
    write_v2(folder, {"plate": names | {"name": "screen", "version": "0.4", "wells": wells}})
    for row in "AB":
        write_v2(folder / row)
        well = {"version": "0.4", "images": [{"path": "0"}, {"path": "1"}]}
        write_v2(folder / row / "1", {"well": well})
        for field in range(2):
            write_image_v2(folder / row / "1" / str(field), labels=field == 0)


def write_crate(folder: Path, **said: object) -> None:
    """Write an RO-Crate beside the root of a hierarchy, as converters do."""
    graph: list[dict[str, Any]] = [
        {"@id": "./", "@type": "Dataset", "name": "A fly", "license": "https://a.org/by", **said},
        {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"}},
        {"@id": "#b", "@type": "biosample", "organism_classification": {"@id": "NCBI:txid7227"}},
        {"@id": "NCBI:txid7227", "@type": "Taxon", "name": "Drosophila melanogaster"},
        {"@id": "#a", "@type": "image_acquisition", "fbbi_id": {"@id": "obo:FBbi_00000243"}},
    ]
    document = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    (folder / "ro-crate-metadata.json").write_text(json.dumps(document))


def write_all_kinds(root: Path) -> list[str]:
    """Write hierarchies of many kinds, each of which names all that is in it; give their names."""
    write_scene(root / "scene.zarr", 3, images=2, levels=2)
    for level in range(2):
        (root / f"scene.zarr/tile_0/{level}/c/0/0").mkdir(parents=True)
        (root / f"scene.zarr/tile_0/{level}/c/0/0/0").write_text("chunk")
    write_document(
        root / "scene.zarr/tile_1/labels", group({"ome": {"version": "0.6", "labels": ["cells"]}})
    )
    write_document(root / "scene.zarr/tile_1/labels/cells", image(0, 1))
    write_document(root / "scene.zarr/tile_1/labels/cells/0", array([4, 4, 4]))
    write_crate(root / "scene.zarr")
    write_plate_v2(root / "plate.zarr")
    write_crate(root / "plate.zarr", name="A plate")
    write_image_v2(root / "old.zarr", labels=True)
    (root / "old.zarr" / "ro-crate-metadata.json").write_text('{"@graph": [')
    for name, series in (("series.zarr", ["0", "1"]), ("numbers.zarr", None)):
        write_v2(root / name, {"bioformats2raw.layout": 3})
        write_v2(root / name / "OME", None if series is None else {"series": series})
        for number in range(2):
            write_image_v2(root / name / str(number))
    broken = scene(0, 4)
    ends = broken["attributes"]["ome"]["scene"]["coordinateTransformations"]
    ends[1]["input"] = {"path": "gone/deep", "name": "physical"}
    ends[2]["input"] = {"path": "../../other.zarr", "name": "physical"}
    ends[3]["input"] = {"path": "https://elsewhere.org/x.zarr", "name": "physical"}
    write_document(root / "broken.zarr", broken)
    write_document(root / "broken.zarr/tile_0", image(0, 2))
    (root / "broken.zarr/tile_0/0").mkdir()
    (root / "broken.zarr/tile_0/0/zarr.json").write_text('{"zarr_format": 3, "node')
    return sorted(path.name for path in root.iterdir())


def write_stored_parameters(folder: Path) -> None:
    """Write a scene with a matrix that is stored as an array."""
    import numpy as np
    import zarr

    document = scene(0, 1)
    edge = document["attributes"]["ome"]["scene"]["coordinateTransformations"][0]
    edge.pop("translation")
    edge.update(type="affine", path="matrices/m")
    write_document(folder, document)
    write_document(folder / "tile_0", image(0, 1))
    write_document(folder / "tile_0" / "0", array([4, 4, 4]))
    matrix = np.array([[1.0, 0, 0, 5], [0, 2, 0, 6], [0, 0, 4, 7]])
    zarr.create_array(folder / "matrices" / "m", data=matrix)


class Between(BaseHTTPRequestHandler):
    """Passes requests on to the S3 server, and keeps what was asked."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        with self.server.lock:
            self.server.under_way += 1
            self.server.most = max(self.server.most, self.server.under_way)
        self.answered = False
        try:
            self.pass_on_one()
        finally:
            self.end()

    def end_headers(self):
        self.end()  # who has the answer may ask again before this thread goes on
        super().end_headers()

    def end(self):
        with self.server.lock:
            self.server.under_way -= not self.answered
            self.answered = True

    def pass_on_one(self):
        time.sleep(self.server.pause)
        log = self.server.log
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        key = unquote(parts.path).strip("/").partition("/")[2]
        if "list-type" in query:
            asked = ("LIST", query.get("prefix", [""])[0].rstrip("/"))
        else:
            asked = (self.command, key)
        log.append(asked)
        status = self.server.faults.get(asked)
        if status is not None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=20)
        connection.request(self.command, self.path, headers=dict(self.headers))
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length") if self.command == "HEAD" else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    do_GET = do_HEAD = pass_on


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    under_way = most = 0
    pause = 0.0


@pytest.fixture
def watched(bucket, monkeypatch):
    """A bucket whose server's requests are kept, and fail where `faults` says so."""
    server = Server(("127.0.0.1", 0), Between)
    server.behind = bucket.server.port
    server.lock = threading.Lock()
    server.log = []
    server.faults = {}
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    assert open_store(bucket.url).lists  # which one request tells, once for each bucket
    server.log.clear()
    yield SimpleNamespace(
        folder=bucket.folder, url=bucket.url, log=server.log, faults=server.faults, server=server
    )
    server.shutdown()
    server.server_close()
    thread.join()
