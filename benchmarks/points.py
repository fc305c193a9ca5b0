"""A million points through `catalog transform`, as a ratio to what pandas or numpy take.

    python benchmarks/points.py [POINTS]

Whole processes. Beside each form stands a bare program that reads the same file into
memory, multiplies with a matrix and writes it: pandas for CSV where it is installed, else
numpy; numpy for npy. The largest memory of each process is printed too: ours does not
grow with the points.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

_PANDAS = """
import numpy, pandas
table = pandas.read_csv("in.csv")
table[["y", "x"]] = table[["y", "x"]].to_numpy() @ numpy.diag([0.5, 0.25]) + [1, 2]
table.to_csv("bare.csv", index=False)
"""
_NUMPY = """
import numpy
points = numpy.loadtxt("in.csv", delimiter=",", skiprows=1) @ numpy.diag([0.5, 0.25]) + [1, 2]
numpy.savetxt("bare.csv", points, delimiter=",", fmt="%r", header="y,x", comments="")
"""
_NPY = """
import numpy
numpy.save("bare.npy", numpy.load("in.npy") @ numpy.diag([0.5, 0.25]) + [1, 2])
"""
# In a process of its own: a process counts the memory of the one that started it.
_MADE = """
import numpy
points = numpy.random.default_rng(0).normal(size=({count}, 2)) * 1000
numpy.save("in.npy", points)
with open("in.csv", "w") as stream:
    stream.write("y,x\\n")
    stream.writelines(f"{{y!r}},{{x!r}}\\n" for y, x in points.tolist())
"""
_MEASURED = """
import resource, runpy, sys
try:
    {}
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def write_scene(folder: Path) -> None:
    """Write a scene of two systems; nothing else of it is needed."""
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    edge = {
        "type": "affine",
        "affine": [[0.5, 0, 1], [0, 0.25, 2]],
        "input": {"name": "a"},
        "output": {"name": "b"},
    }
    systems = [{"name": name, "axes": axes} for name in "ab"]
    scene = {"coordinateSystems": systems, "coordinateTransformations": [edge]}
    ome = {"version": "0.6", "scene": scene}
    folder.mkdir()
    (folder / "zarr.json").write_text(
        json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}})
    )


def run(folder: Path, code: str) -> tuple[float, float]:
    """Run code in a process of its own; give seconds, and its largest memory in MB."""
    started = time.perf_counter()
    body = _MEASURED.format(code.strip().replace("\n", "\n    "))
    done = subprocess.run(
        [sys.executable, "-c", body], cwd=folder, check=True, capture_output=True, text=True
    )
    return time.perf_counter() - started, int(done.stderr.split()[-1]) / 1024


def ours(name: str) -> str:
    """Give code that runs `catalog transform` on a file."""
    arguments = ["catalog", "transform", "scene.zarr", "a", "b", "--points", f"in.{name}"]
    return (
        f"sys.argv = {[*arguments, '-o', f'out.{name}']!r}\n"
        "from catalog.cli import main\nmain(standalone_mode=False)"
    )


def main(count: int) -> None:
    bare = {"csv": ("numpy", _NUMPY), "npy": ("numpy", _NPY)}
    if find_spec("pandas") is not None:
        bare["csv"] = (f"pandas {version('pandas')}", _PANDAS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_scene(folder / "scene.zarr")
        run(folder, _MADE.format(count=count))
        for name, (peer, code) in bare.items():
            best = {"catalog": (float("inf"), 0.0), peer: (float("inf"), 0.0)}
            for _ in range(3):
                for who, program in (("catalog", ours(name)), (peer, code)):
                    best[who] = min(best[who], run(folder, program))
            (mine, memory), (theirs, beside) = best["catalog"], best[peer]
            print(
                f"{count:,} points of {name}: catalog {mine:.2f} s, {memory:.0f} MB; "
                f"{peer} {theirs:.2f} s, {beside:.0f} MB: {mine / theirs:.2f} x"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
