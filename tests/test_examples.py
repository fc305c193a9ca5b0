"""The examples in docstrings are run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
WITH_EXAMPLES = sorted(
    path
    for path in (CHECKOUT / "catalog").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8") and "_migrations" not in path.parts
)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_of_a_module_hold(path: Path) -> None:
    relative = path.relative_to(CHECKOUT).with_suffix("")
    name = ".".join(relative.parts).removesuffix(".__init__")
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testmod(importlib.import_module(name), optionflags=flags)
    assert tried
    assert not failed
