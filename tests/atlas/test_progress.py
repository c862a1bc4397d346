"""Progress over several files: each tells of all, and a cancel of one is a cancel of all."""

from __future__ import annotations

from napari_abc.atlas.progress import FileTask
from napari_abc.task import Progress, Task


def test_bytes_of_a_file_are_a_share_of_those_of_all() -> None:
    seen: list[Progress] = []
    shared = FileTask(Task(seen.append), total=100, files=3)
    shared.report("Downloading a", 10, 30)
    shared.add(30)
    shared.report("Downloading b", 5, 50)
    shared.add(0)  # it was here
    shared.report("Downloading b", 6, 50)
    shared.add(50)
    shared.report("Downloading c", 90, 20)  # larger than it was said to be
    shared.add(20)
    shared.report("Downloading d", 0, 20)  # more files than were said
    assert [(one.what, one.done, one.total) for one in seen] == [
        ("Downloading a (1 of 3)", 10, 100),
        ("Downloading b (2 of 3)", 35, 100),
        ("Downloading b (2 of 3)", 36, 100),
        ("Downloading c (3 of 3)", 100, 100),
        ("Downloading d (3 of 3)", 100, 100),
    ]
    assert {one.unit for one in seen} == {"B"}


def test_what_is_not_bytes_is_told_as_it_is() -> None:
    seen: list[Progress] = []
    FileTask(Task(seen.append), 100, 2).report("Reading a", 3, 7, "rows")
    assert seen == [Progress("Reading a (1 of 2)", 3, 7, "rows")]


def test_of_a_single_file_nothing_is_changed() -> None:
    seen: list[Progress] = []
    shared = FileTask(Task(seen.append), 100, 1)
    shared.report("Downloading a", 10, 30)
    shared.report("Reading a", 1, None, "rows")
    assert seen == [Progress("Downloading a", 10, 30, "B"), Progress("Reading a", 1, None, "rows")]


def test_a_cancel_goes_both_ways() -> None:
    whole = Task()
    shared = FileTask(whole, 100, 2)
    assert not shared.cancelled
    shared.cancel()
    assert whole.cancelled
    assert shared.cancelled
