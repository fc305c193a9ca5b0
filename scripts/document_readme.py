"""Write the output of README.md's commands into it: `python scripts/document_readme.py`.

Commands stand after ``$ `` in its ``console`` blocks and run one after the other in one
folder, beside which `examples/` lies as it does in a checkout. What differs from run to
run is shown as it was once: the folder is `/home/you/try`, and times stay.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
README = CHECKOUT / "README.md"
SHOWN = "/home/you/try"

BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|\+00:00| UTC)?|\d+(?:\.\d+)? ?m?s\b"
)


def comparable(text: str) -> str:
    """Give the text with what may differ from run to run taken out."""
    return re.sub(r" +", " ", TIME.sub("<time>", text))


def rendered(readme: str) -> str:
    """Run the commands of a README, and give it with their output."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        (folder / "examples").symlink_to(CHECKOUT / "examples")
        outputs = iter([_block(block, folder) for block in BLOCK.findall(readme)])
        return BLOCK.sub(lambda _: next(outputs), readme)


def _block(block: str, folder: Path) -> str:
    lines: list[str] = []
    for command in _commands(block):
        lines.append(f"$ {command}\n")
        output = _run(command.replace("\\\n", " "), folder)
        lines.append(output if output.endswith("\n") or not output else f"{output}\n")
    return "".join(lines)


def _commands(block: str) -> Iterator[str]:
    """Find the commands; one that ends in a backslash goes on in the next line."""
    for found in re.finditer(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE):
        yield found.group(1)


def _run(command: str, folder: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CATALOG")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["COLUMNS"] = "100"
    ran = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.stdout.replace(str(folder), SHOWN)


if __name__ == "__main__":
    written = README.read_text(encoding="utf-8")
    fresh = rendered(written)
    if comparable(fresh) != comparable(written):
        README.write_text(fresh, encoding="utf-8")
