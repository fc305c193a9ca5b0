"""Index a collection in a bucket of a real S3 server (rclone), with a delay before each request.

    python benchmarks/remote.py [--scenes 400] [--delay 0 0.05] [--concurrency 16 64]
                                [--peers PYTHON] [--peer-scenes 4] [--folder KEEP]

The server, what stands between (`between.py`) and ours are a process each, on one machine.
`ideal` is the time that the requests which are needed take when as many as may be asked at
once always are (twice as many as hierarchies, `--concurrency`), and nothing else takes any
time: requests x delay / requests at once. Needed are, for each scene, its documents (the first
of which finds it), and a listing of each of its groups (nothing else tells what lies in a group
beside what its document names); for each folder above, a listing, and the question for a
document that shows it to be no scene. It is told how many were asked beyond these. Where the
processors are the limit, which the times without delay tell, more at once make the ideal shorter
and the run not.

Beside it, for some of the scenes, scaled to all: `zarr.open_group(...).members` and
`ome_zarr_models` opening each scene, and a walk in the manner of `zarrcade discover`: one
listing after the other through fsspec until a folder holds the document of a group, which
zarr then searches for images, of each of which the first level is opened. (Its own looks for
documents of Zarr v2 only.) PYTHON runs these, where another one has the packages.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from between import Between, standing
from collection import write_collection
from peers import members, model, shapes

BUCKET = "collection"
KEY, SECRET = "BENCHMARK", "of-the-catalog"
TARGET = 1.3
_DOCUMENTS, _LISTINGS = 1 + 5 * (1 + 3), 1 + 5


class Seen(NamedTuple):
    """What stands between has seen of one run, and how long the run took."""

    requests: int
    at_once: int
    seconds: float
    processor: float


class Plan(NamedTuple):
    """What is measured.

    Attributes
    ----------
    delay
        Seconds before each request.
    concurrency
        Hierarchies at once.
    """

    scenes: int
    delay: float
    concurrency: int


class Way:
    """A way to the server with a delay, in a process of its own."""

    def __init__(self, port: int, delay: float) -> None:
        self._here, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_stand, args=(port, delay, there), daemon=True)
        self._process.start()
        self.port: int = self._here.recv()

    def watch(self, work: Callable[[], object]) -> Seen:
        """Do something that asks the server."""
        self._count()
        used = _processor()
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
        return Seen(*self._count(), seconds, _processor() - used)

    def end(self) -> None:
        self._process.kill()
        self._process.join()

    def _count(self) -> tuple[int, int]:
        self._here.send(None)
        counted: tuple[int, int] = self._here.recv()
        return counted


def _stand(port: int, delay: float, pipe: Connection) -> None:
    between = Between(port, delay)
    with standing(between) as own:
        pipe.send(own)
        while True:
            pipe.recv()
            pipe.send((between.requests, between.most))
            between.requests = between.most = 0


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[int]:
    """Serve the folders in a folder as buckets; give the port."""
    rclone = shutil.which("rclone") or str(Path(sys.executable).parent / "rclone")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [rclone, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--config", "/dev/null"]
    command += ["--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                time.sleep(0.02)
            yield port
        finally:
            process.kill()


def measure(way: Way, plan: Plan, url: str) -> float:
    """Index everything and then nothing; give the seconds of the first."""
    from catalog.database.engine import Database
    from catalog.database.migration import ensure
    from catalog.indexing import index

    scenes, _, concurrency = plan
    root = f"s3://{BUCKET}"
    ensure(f"{url}-warm", create=True)
    with Database(f"{url}-warm") as database:  # imports what is needed
        index([f"{root}/batch_000/scene_00000.zarr"], database=database)
    ensure(url, create=True)
    folders = 1 + -(-scenes // 100)
    needed = scenes * (_DOCUMENTS + _LISTINGS) + 2 * folders
    with Database(url) as database:

        def run() -> None:
            report = index([root], database=database, concurrency=concurrency)
            assert report.complete
            assert report.seen == scenes, report

        full = way.watch(run)
        again = way.watch(run)
    print(f"{concurrency} hierarchies and {2 * concurrency} requests at once")
    _tell("ours, everything written", full, plan, needed)
    print(
        f"{'':<40} {scenes} x ({_DOCUMENTS} documents + {_LISTINGS} listings) + "
        f"{2 * folders} of folders above = {needed} needed, {full.requests} seen "
        f"({full.requests - needed:+})"
    )
    _tell("ours, nothing changed", again, plan)
    return full.seconds


def _tell(name: str, seen: Seen, plan: Plan, needed: int | None = None) -> None:
    scenes, delay, concurrency = plan
    print(
        f"{name:<40} {seen.seconds:8.2f} s {5 * scenes / seen.seconds:8.0f} images/s "
        f"{seen.requests / scenes:6.1f} requests/scene, {seen.at_once} at once; "
        f"{1000 * seen.processor / 5 / scenes:.2f} ms of processor/image"
    )
    if delay and needed is not None:
        ideal = needed * delay / (2 * concurrency)
        ratio = seen.seconds / ideal
        verdict = "met" if ratio <= TARGET else "MISSED"
        print(f"{'':<40} {ratio:8.2f} x the ideal {ideal:.2f} s (target {TARGET}: {verdict})")
    elif delay:
        print(f"{'':<40} {seen.seconds / delay:8.0f} delays, one after the other")


def measure_peers(way: Way, python: str, some: int, scenes: int, ours: float) -> None:
    """Let peers open some of the scenes, beside the seconds of ours for all."""
    for name in PEERS:
        places = [f"batch_000/scene_{number:05}.zarr" for number in range(some)]
        command = [python, __file__, "--as-peer", name, *places]
        ran = subprocess.CompletedProcess[str](command, 1)

        def run(command: list[str] = command) -> None:
            nonlocal ran
            ran = subprocess.run(command, check=False, capture_output=True, text=True)

        seen = way.watch(run)
        if ran.returncode:
            print(f"{name:<40} cannot be run here: {ran.stderr.strip().splitlines()[-1]}")
            continue
        seconds = float(ran.stdout) * scenes / some
        print(
            f"{name:<40} {seconds:8.2f} s {5 * scenes / seconds:8.1f} images/s "
            f"{seen.requests / some:6.1f} requests/scene; ours is {seconds / ours:.0f} times as "
            f"fast ({some} scenes, scaled)"
        )


def _walk(store: Any, place: str) -> object:
    """List from the scene's folder down, and open what is found."""
    from obstore.fsspec import FsspecStore

    listed = FsspecStore("s3", client_options={"allow_http": True})
    pending = [f"{BUCKET}/{place}"]
    while pending:
        folder = pending.pop()
        entries = listed.ls(folder, detail=True)
        if any(entry["name"].endswith("/zarr.json") for entry in entries):
            break
        pending.extend(entry["name"] for entry in entries if entry["type"] == "directory")
    return shapes(store)


PEERS = {
    "zarr.open_group(...).members": lambda store, _: members(store),
    "ome_zarr_models Scene.from_zarr, .images": lambda store, _: model(store).images,
    "a walk as that of zarrcade discover": _walk,
}


def be_peer(name: str, places: list[str]) -> None:
    """Open scenes as a peer does; print the seconds."""
    from obstore.store import S3Store
    from zarr.storage import ObjectStore

    def store(place: str) -> Any:
        bucket = S3Store(BUCKET, prefix=place, client_options={"allow_http": True})
        return ObjectStore(bucket, read_only=True)

    work = PEERS[name]
    work(store(places[0]), places[0])  # imports what is needed
    began = time.perf_counter()
    for place in places:
        work(store(place), place)
    print(time.perf_counter() - began)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenes", type=int, default=400, help="of 5 images, 3 levels each")
    arguments.add_argument("--delay", type=float, nargs="+", default=[0.0, 0.05], help="seconds")
    arguments.add_argument("--concurrency", type=int, nargs="+", default=[16, 64])
    arguments.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    arguments.add_argument("--peer-scenes", type=int, default=4)
    arguments.add_argument("--folder", type=Path, help="keep the collection here, and use it again")
    arguments.add_argument("--as-peer", nargs="+", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.as_peer:
        be_peer(given.as_peer[0], given.as_peer[1:])
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = given.folder or Path(scratch, "buckets")
        if not folder.exists():
            write_collection(folder / BUCKET, given.scenes)
        with s3_server(folder) as port:
            for delay in given.delay:
                way = Way(port, delay)
                print(f"{delay * 1000:g} ms before each request, {given.scenes} scenes of 5 images")
                os.environ.update(
                    AWS_ENDPOINT_URL=f"http://127.0.0.1:{way.port}",
                    AWS_ACCESS_KEY_ID=KEY,
                    AWS_SECRET_ACCESS_KEY=SECRET,
                    AWS_REGION="us-east-1",
                )
                for concurrency in given.concurrency:
                    database = f"sqlite:///{scratch}/{delay}-{concurrency}.db"
                    ours = measure(way, Plan(given.scenes, delay, concurrency), database)
                some = min(given.peer_scenes, given.scenes)
                if some:
                    measure_peers(way, given.peers, some, given.scenes, ours)
                way.end()


if __name__ == "__main__":
    main()
