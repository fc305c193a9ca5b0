"""Draw the pictures of docs/drawings.md; `--check` only says whether they are stale."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from catalog.geometry.steps import Mapping
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.metadata.axes import Axis
from catalog.scene import open_hierarchy

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDER = CHECKOUT / "docs" / "drawings"
ZYX = tuple(Axis(name=name, type="space", unit="micrometer") for name in "zyx")


def pictures() -> Iterator[tuple[str, str]]:
    """Give each picture's file name and its SVG."""
    yield "tiles.svg", example("tiles.zarr").to_svg(title="tiles.zarr")
    yield "atlas.svg", atlas(mice=40, tiles=30).to_svg(title="atlas.zarr")


def example(name: str) -> TransformGraph:
    """Open a scene that examples/write_scenes.py writes."""
    spec = importlib.util.spec_from_file_location(
        "write_scenes", CHECKOUT / "examples" / "write_scenes.py"
    )
    if spec is None or spec.loader is None:
        raise SystemExit("examples/write_scenes.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        module.write_all(Path(folder))
        return open_hierarchy(Path(folder) / name)


def atlas(mice: int, tiles: int) -> TransformGraph:
    """Make an atlas to which the brains of mice are registered, each of many tiles."""
    graph = TransformGraph()

    def add(
        source: str, target: str, type_: str, group: str, invertibility: str = "closed"
    ) -> None:
        for address in (source, target):
            if address not in graph:
                kind = "array" if address.endswith("#") else "declared"
                graph.add_system(GraphSystem(address, ZYX, 3, kind))
        key = f"{group}#{len(graph.edges):06}"
        origin = "dataset" if source.endswith("#") else "scene"
        graph.add_edge(
            GraphEdge(
                *(key, source, target, type_, None, origin, invertibility, group, key),
                load=lambda: Mapping(3, 3),
            )
        )

    def image(location: str, levels: int) -> str:
        for level in range(levels):
            kind = "sequence" if level else "scale"
            add(f"{location}/{level}#", f"{location}#physical", kind, location)
        return f"{location}#physical"

    add(image("template", 4), "ccf", "identity", "")
    for mouse in range(mice):
        group = f"mouse{mouse:02}"
        for tile in range(tiles):
            add(image(f"{group}/tiles/t{tile:02}", 3), f"{group}#brain", "translation", group)
        add(f"{group}#brain", "ccf", "displacements", "", "numeric")
    return graph


def main() -> None:
    """Write the pictures, or check them."""
    for name, svg in pictures():
        file = FOLDER / name
        if "--check" in sys.argv[1:]:
            if not file.exists() or file.read_text(encoding="utf-8") != svg:
                raise SystemExit(f"{file} is stale: python scripts/document_drawings.py")
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            file.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
