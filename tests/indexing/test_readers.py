"""Who reads what: calls grow, and nobody waits for processes that are not up yet."""

from concurrent.futures import Executor, Future

import pytest

from catalog.crawl.records import HierarchyRecord
from catalog.database.parcels.parcel import Parcel
from catalog.indexing.batch import Interpreted, Task
from catalog.indexing.readers import Lane, Readers


class Late(Executor):
    """Answers nothing before it is told to, and then at once."""

    def __init__(self):
        self.sizes = []
        self.is_up = False
        self._waiting = []

    def submit(self, work, /, *args, **kwargs):
        self.sizes.append(len(args[0]))
        future = Future()
        if self.is_up:
            future.set_result(work(*args, **kwargs))
        else:
            self._waiting.append((future, work, args))
        return future

    def come_up(self):
        self.is_up = True
        for future, work, args in self._waiting:
            future.set_result(work(*args))


@pytest.fixture
def tasks(tmp_path, collection):
    """80 hierarchies to read."""
    for number in range(80):
        collection.write_scene(tmp_path / f"s{number:02}.zarr", number, images=1, levels=1)
    return [Task(f"file://{tmp_path}/s{number:02}.zarr") for number in range(80)]


def test_this_thread_reads_until_the_first_answer_comes(tasks):
    late = Late()

    def asked():
        for number, task in enumerate(tasks):
            if number == 50:
                late.come_up()
            yield task

    here, there = [], []
    for read in Readers(Lane(late, together=64, ahead=8, beside=True)).read(asked()):
        if isinstance(read, Parcel):
            continue
        task, outcome = read
        if isinstance(outcome, HierarchyRecord):
            here.append(task.url)
        else:
            assert isinstance(outcome, Interpreted)
            there.append(task.url)
    # What was asked for first waits for the executor, so that a large one is not read here.
    assert here == [task.url for task in tasks[30:51]]
    assert sorted(here + there) == [task.url for task in tasks]
    assert late.sizes == [1, 1, 2, 2, 4, 4, 8, 8, 29]


def test_an_executor_elsewhere_is_waited_for(tasks):
    late = Late()
    read = Readers(Lane(late, together=64, ahead=4)).read(tasks)
    late.come_up()
    outcomes = [each[1] for each in read if not isinstance(each, Parcel)]
    assert len(outcomes) == 80
    assert all(isinstance(outcome, Interpreted) for outcome in outcomes)


def test_few_hierarchies_are_shared_by_all_who_read(tasks):
    late = Late()

    def asked():
        yield from tasks[:4]
        late.come_up()

    assert list(Readers(Lane(late, together=64, ahead=26, beside=True)).read(asked()))
    assert late.sizes == [1, 1, 1, 1]
