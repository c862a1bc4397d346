from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QApplication, QMenu

import bucket
from napari_abc.widgets.find._directories import DirectoryList, DirectoryRow
from napari_abc.widgets.parts import LINES, Lines
from servers import FolderServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]

ABSENT = DirectoryRow("SEAAD", "1 table, 12 kB", "1 table, 12 kB: download, read as CSV", 12_000)
HERE = DirectoryRow("Two", "2 tables, 1 kB", "2 tables, 1 kB: download", 1_000, 1_000, ("/a/b", "/c/d"))
HUGE = DirectoryRow("Huge", "1 matrix, 3.2 GB", "1 matrix, 3.2 GB: download", 3_200_000_000)


@pytest.fixture
def view(qtbot: QtBot) -> DirectoryList:
    view = DirectoryList(ask_from=50_000_000)
    qtbot.addWidget(view)
    view.resize(360, 200)
    view.set_rows([ABSENT, HERE, HUGE])
    return view


def _choose(view: DirectoryList, row: int) -> None:
    model = view.view.model()
    assert model is not None
    view.view.setCurrentIndex(model.index(row, 0))


def test_what_a_directory_holds_can_be_read(view: DirectoryList) -> None:
    index = view.view.model().index(0, 0)
    assert index.data(LINES) == Lines("SEAAD", "12.0 kB", "1 table, 12 kB", "to fetch")
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == (
        "SEAAD, 1 table, 12 kB: download, read as CSV, 12.0 kB to fetch"
    )
    assert view.view.model().index(1, 0).data(LINES).state == "on disk"


def test_only_what_makes_sense_can_be_pressed(view: DirectoryList) -> None:
    def enabled() -> list[bool]:
        buttons = (view.download_button, view.folder_button, view.copy_button)
        return [button.isEnabled() for button in buttons]

    assert enabled() == [False, False, False]
    _choose(view, 0)
    assert enabled() == [True, False, False]
    _choose(view, 1)
    assert enabled() == [False, True, True]


def test_a_small_download_starts_and_a_large_one_is_confirmed(qtbot: QtBot, view: DirectoryList) -> None:
    _choose(view, 0)
    with qtbot.waitSignal(view.download_requested) as signal:
        view.download_button.click()
    assert signal.args == ["SEAAD"]
    _choose(view, 2)
    with qtbot.assertNotEmitted(view.download_requested, wait=20):
        view.download_button.click()
        assert view.notice.text == "Huge: 3.2 GB to fetch."
        view.notice.answers()[1].click()
    view.download_button.click()
    with qtbot.waitSignal(view.download_requested) as signal:
        view.notice.answers()[0].click()
    assert signal.args == ["Huge"]
    view.download_button.click()
    _choose(view, 0)  # the question was of another directory
    assert view.notice.text == ""


def test_what_is_said_stays_while_sizes_are_updated(view: DirectoryList) -> None:
    _choose(view, 0)
    view.show_error("It went wrong.")
    view.set_rows([ABSENT, HERE])
    assert view.notice.text == "It went wrong."
    assert view.current == ABSENT
    view.set_rows([HERE])
    assert (view.notice.text, view.current) == ("", None)


def test_folders_are_opened_and_copied(
    qtbot: QtBot, view: DirectoryList, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Which program shows a folder is the desktop's business; what is tested is what it is asked for.
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    _choose(view, 1)
    view.copy_button.click()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text() == "/a/b\n/c/d"
    view.folder_button.click()
    (menu,) = view.findChildren(QMenu)
    second = menu.actions()[1]
    assert second.text() == "/c/d"
    second.trigger()
    menu.hide()
    assert opened == ["/c/d"]
    one = DirectoryRow("Two", "", "", 1, 1, ("/a/b",))
    view.set_rows([ABSENT, one])
    view.folder_button.click()
    assert opened == ["/c/d", "/a/b"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FolderServer]:
    with FolderServer(bucket.write_bucket(tmp_path / "bucket")) as server:
        yield server


def test_the_dock_lists_and_downloads_what_no_dataset_uses(
    qtbot: QtBot, dock: AtlasDock, idle: Idle, server: FolderServer, cache_folder: Path
) -> None:
    view, directories = dock.find_view, dock.find_view.directories
    assert view.directory_section.isHidden()
    dock.find_controller.open_source(server.url, "", False)
    idle(dock)
    assert not view.directory_section.isHidden()
    assert not view.directory_section.expanded
    assert "1 · 9.5 MB" in view.directory_section.button.text()
    view.directory_section.button.click()
    _choose(directories, 0)
    whats: list[str] = []
    dock.jobs.started.connect(lambda _purpose, what: whats.append(what))
    directories.download_button.click()
    idle(dock)
    assert whats[0] == f"Downloading {bucket.DATASET}"
    row = directories.current
    assert row is not None
    assert row.to_fetch == 0
    assert row.folders[0] == str(cache_folder / "metadata" / bucket.DATASET)
    assert not directories.download_button.isEnabled()


def test_a_download_can_be_cancelled_and_a_failure_is_said_in_place(
    qtbot: QtBot, dock: AtlasDock, idle: Idle, server: FolderServer, tmp_path: Path
) -> None:
    directories = dock.find_view.directories
    dock.find_controller.open_source(server.url, "", False)
    idle(dock)
    _choose(directories, 0)
    directories.download_button.click()
    dock.task_bar.cancel_button.click()
    idle(dock)
    row = directories.current
    assert row is not None
    assert row.to_fetch > 0
    assert directories.notice.text == ""
    (tmp_path / "bucket" / bucket.MATRIX).write_bytes(b"changed")
    directories.download_button.click()
    idle(dock)
    assert "log2.h5ad" in directories.notice.text
    assert directories.current is not None
    assert directories.current.to_fetch == len(bucket.CONTENT[bucket.MATRIX]) + len(
        bucket.CONTENT[bucket.PLANE]
    )
