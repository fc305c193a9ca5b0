"""Who may import whom, read from the source; what must not be loaded, from a fresh process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "catalog"

EVERYTHING_BUT_CLI = {
    "api",
    "crawl",
    "database",
    "errors",
    "export",
    "geometry",
    "graph",
    "indexing",
    "metadata",
    "query",
    "scene",
    "stores",
}
MAY_IMPORT = {
    "errors": set[str](),
    "metadata": {"errors"},
    "geometry": {"errors", "metadata"},
    "graph": {"errors", "geometry", "metadata"},
    "export": {"errors", "geometry", "graph"},
    "stores": {"errors"},
    "crawl": {"errors", "geometry", "metadata", "stores"},
    "database": {"crawl", "errors", "metadata"},
    "query": {"database", "errors", "geometry", "graph", "metadata"},
    "indexing": {"crawl", "database", "errors", "stores"},
    "scene": {"crawl", "errors", "geometry", "graph", "metadata", "stores"},
    "api": EVERYTHING_BUT_CLI,
    "cli": EVERYTHING_BUT_CLI,
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_migrations" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of our modules that the file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            # `from catalog import graph` imports a module; `from catalog.graph import x` names one
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names if node.module == "catalog" else [node.module]


def imported_files(path: Path) -> Iterator[str]:
    """Yield the full names of what may be files: each module, and each name imported from one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if is_file(name) else node.module for name in found)


def is_file(name: str) -> bool:
    place = PACKAGE.parent.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_only_what_its_room_may(path: Path) -> None:
    if room(path) == "__init__":
        return  # the public surface: see test_public.py
    for name in imports(path):
        if not name.startswith("catalog.") or name == "catalog.__version__":
            continue
        imported = name.split(".")[1]
        if imported != room(path):
            assert imported in MAY_IMPORT[room(path)], f"{path} imports {name}"
        if room(path) == "database" and imported == "crawl":
            assert name == "catalog.crawl.records", f"{path} imports {name}"


def test_no_files_import_each_other() -> None:
    """Not even inside functions, nor by way of others: each stands on what is below it."""
    named = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in modules()
    }
    named = {name.removesuffix(".__init__"): path for name, path in named.items()}
    below = {
        name: {other for other in imported_files(path) if other in named} - {name}
        for name, path in named.items()
    }
    assert list(TopologicalSorter(below).static_order())  # CycleError names the circle


def test_every_room_has_its_rule() -> None:
    rooms = {room(path) for path in modules()} - {"__init__", "__main__"}
    assert rooms <= MAY_IMPORT.keys()


def test_migrations_import_nothing_of_ours() -> None:
    for path in (PACKAGE.parent / "migrations").rglob("*.py"):
        ours = [name for name in imports(path) if name.split(".")[0] == "catalog"]
        assert not [name for name in ours if path.name != "env.py"], path


def loaded_after(code: str) -> set[str]:
    """Give the names of the top-level modules that a fresh interpreter holds after `code`."""
    printed = "import sys as _sys; print('\\n'.join(sorted(_sys.modules)), file=_sys.stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\n{printed}"], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in ran.stderr.splitlines()}


HEAVY = {
    "alembic",
    "networkx",
    "numpy",
    "pydantic",
    "pydantic_zarr",
    "scipy",
    "sqlalchemy",
    "zarr",
}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import catalog", HEAVY),
        ("import catalog.cli", HEAVY),
        ("from catalog.cli import main; main(['--help'], standalone_mode=False)", HEAVY),
        ("from catalog.cli import main; main(['path', '--help'], standalone_mode=False)", HEAVY),
        ("from catalog.cli import main; main(['graph', '--help'], standalone_mode=False)", HEAVY),
        ("import catalog.crawl.work", {"sqlalchemy", "alembic", "networkx", "zarr"}),
        ("from catalog.scene import open_hierarchy", {"sqlalchemy", "zarr", "pydantic_zarr"}),
        ("import catalog.geometry.mapping", {"numpy", "scipy", "zarr"}),
        ("import catalog.database.schema", {"networkx", "zarr", "scipy"}),
        ("import catalog.query", {"zarr"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_heavy_modules_wait_until_they_are_needed(code: str, absent: set[str]) -> None:
    assert not loaded_after(code) & absent
