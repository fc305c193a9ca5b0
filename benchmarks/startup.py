"""How long the command takes to start, as a ratio to importing click alone.

    python benchmarks/startup.py [ROUNDS]

Whole processes, taken in turns so that a busy machine slows both; the median of each.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path


def seconds(command: list[str]) -> float:
    """Run a command to its end and give how long it took."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main(rounds: int) -> None:
    beside = Path(sys.executable).with_name("catalog")
    catalog = str(beside) if beside.exists() else shutil.which("catalog")
    if catalog is None:
        sys.exit("The command `catalog` is not installed for this Python.")
    commands = {
        "python -c 'import click'": [sys.executable, "-c", "import click"],
        "catalog --help": [catalog, "--help"],
        "catalog --version": [catalog, "--version"],
        "catalog path --help": [catalog, "path", "--help"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            duration = seconds(command)
            if number:  # the first round compiles and fills caches
                taken[name].append(duration)
    base = statistics.median(taken["python -c 'import click'"])
    for name, durations in taken.items():
        median = statistics.median(durations)
        print(f"{name:28} {median * 1000:7.1f} ms   {median / base:5.2f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
