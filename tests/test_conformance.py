"""The community's conformance cases for coordinate transformations, through the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def command(name: str) -> str | None:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def test_every_case_of_the_conformance_runner_passes() -> None:
    runner = command("oztc")
    if runner is None:
        reason = "oztc is not installed (ome-zarr-transformations-conformance needs Python 3.12)"
        if os.environ.get("WITH") == "peers":
            pytest.fail(reason)
        pytest.skip(reason)
    catalog = command("catalog")
    assert catalog is not None
    ran = subprocess.run(
        [runner, "--", catalog, "transform", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = ran.stdout.splitlines()
    statuses = [line.split("\t")[1] for line in lines if "\t" in line]
    assert len(statuses) >= 24
    assert set(statuses) == {"pass"}, ran.stdout
