import json
import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

COLLECTION = Path(__file__).parents[2] / "benchmarks" / "collection.py"


@pytest.fixture(scope="session")
def collection():
    """The writer of scenes that the benchmarks use."""
    return SimpleNamespace(**runpy.run_path(str(COLLECTION)))


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
