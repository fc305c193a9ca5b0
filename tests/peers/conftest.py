"""The packages whose stores we read and whose answers we compare with ours."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from types import ModuleType

import pytest


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        reason = f"{name} is not installed (it needs Python 3.12): WITH=peers scripts/test"
        if os.environ.get("WITH") == "peers":
            pytest.fail(f"the peers are asked for, and {name} cannot be imported: {error}")
        pytest.skip(reason)


@pytest.fixture(scope="session")
def peer() -> Callable[[str], ModuleType]:
    """Import a module of a peer; skip the test where it is not installed."""
    return _import
