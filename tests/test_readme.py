"""What the README and the documents say is executed."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_output_in_the_readme_is_what_its_commands_print() -> None:
    document = load(CHECKOUT / "scripts" / "document_readme.py")
    readme = document.README.read_text(encoding="utf-8")
    fresh = document.rendered(readme)
    assert document.comparable(fresh) == document.comparable(readme), (
        "README.md is stale: run python scripts/document_readme.py"
    )


def test_the_readme_names_its_two_commands() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for name in ("scripts/demo", "scripts/test"):
        assert re.search(rf"^    {name}\b", readme, re.MULTILINE)
        assert os.access(CHECKOUT / name, os.X_OK)
    assert "scripts/test" in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["README.md", "docs/drawings.md", "docs/exports.md", "docs/scenes.md"]
)
def test_the_python_of_a_document_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from catalog import Catalog

    monkeypatch.chdir(tmp_path)
    load(CHECKOUT / "examples" / "write_scenes.py").write_all(tmp_path / "scenes")
    with Catalog("catalog.db") as catalog:
        catalog.index("scenes")
    blocks = PYTHON_BLOCK.findall((CHECKOUT / name).read_text(encoding="utf-8"))
    assert blocks
    said: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, name, "exec"), said)


def test_links_between_documents_lead_somewhere() -> None:
    for document in (CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if not target.startswith(("http:", "https:")):
                assert (document.parent / target).exists(), f"{document.name} → {target}"


def test_the_readme_belongs_to_this_python(tmp_path: Path) -> None:
    """The commands run with the tests' own interpreter, not with another on PATH."""
    document = load(CHECKOUT / "scripts" / "document_readme.py")
    printed = document._run("python -c 'import sys; print(sys.prefix)'", tmp_path)
    assert printed.strip() == sys.prefix
