from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.widgets.memory import Memory

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_time_nothing_is_remembered_and_nothing_written(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "cache")
    assert (memory.source(), memory.offline(), memory.recent()) == ("", False, [])
    assert list(tmp_path.iterdir()) == []


def test_a_source_is_remembered_for_the_next_session(tmp_path: Path) -> None:
    Memory(tmp_path / "cache").remember("/data/ä b,c", offline=True, listed=False)
    again = Memory(tmp_path / "cache")
    assert (again.source(), again.offline(), again.recent()) == ("/data/ä b,c", True, ["/data/ä b,c"])


def test_recent_sources_are_few_unique_and_last_one_first(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for number in (*range(8), 5):
        memory.remember(f"/{number}", offline=False, listed=False)
    memory.remember("demo", offline=False, listed=True)
    assert memory.recent() == ["/5", "/7", "/6", "/4", "/3", "/2"]
    assert memory.source() == "demo"


def test_a_folder_that_cannot_be_written_disturbs_nobody(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    memory = Memory(tmp_path / "cache")
    memory.remember("/x", offline=False, listed=False)
    assert memory.source() in ("", "/x")
