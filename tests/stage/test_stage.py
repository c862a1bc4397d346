"""The stage: verbs are carried out once, undone, and what scenes name is kept while it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import napari_abc as abc
from napari_abc.errors import Cancelled, ConfigurationError, UnknownNameError
from napari_abc.model import Frame
from napari_abc.stage import Scene, Stage, to_python, verbs
from napari_abc.stage import _stage as module
from napari_abc.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_abc.model import Slab


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def heard(stage: Stage) -> list[tuple[Scene, Scene]]:
    found: list[tuple[Scene, Scene]] = []
    stage.events.changed.connect(lambda before, after: found.append((before, after)))
    return found


def test_each_change_is_told_once_with_what_was_before(
    stage: Stage, heard: list[tuple[Scene, Scene]], make_slab: Callable[..., Slab]
) -> None:
    (key,) = stage.open(make_slab())
    stage.do("color_by", "Subclass")
    stage.do("color_by", "Subclass")  # the same is no change
    with pytest.raises(ConfigurationError):
        stage.do("filter_range", "counts")
    assert len(heard) == 2
    assert heard[1][0] == heard[0][1] and heard[1][1] == stage.scene
    stage.undo()
    assert heard[2] == (heard[1][1], heard[1][0])
    stage.redo()
    assert stage.scene.coloring_of(key) is not None
    stage.redo()
    assert len(heard) == 4


def test_a_closed_slab_comes_back_as_the_same_object(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    slab = make_slab()
    (key,) = stage.open(slab)
    stage.do("close", [key])
    assert list(stage) == []
    stage.undo()
    assert list(stage) == [key] and stage.slab(key) is slab


def test_slabs_that_no_scene_names_are_let_go(
    stage: Stage, make_slab: Callable[..., Slab], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    stage._history._before = type(stage._history._before)(maxlen=2)
    (first,) = stage.open(make_slab("first"))
    stage.do("close", [first])
    for label in ("a", "b", "c"):
        stage.open(make_slab(label))
    with pytest.raises(UnknownNameError, match="first of Human was not opened here yet"):
        stage.slab(first)


def test_the_same_slab_of_a_release_is_open_once_and_those_made_in_memory_are_their_own(
    stage: Stage, make_slab: Callable[..., Slab]
) -> None:
    one = make_slab(source="s3://x", release="1")
    again = make_slab(source="s3://x", release="1")
    assert stage.open(one) == stage.open(again)
    assert len(stage.scene.places) == 1
    keys = stage.open(make_slab("mine"), make_slab("mine"))
    assert [key.slab for key in keys] == ["mine", "mine (2)"]
    assert stage.open(stage.slab(keys[1])) == (keys[1],)


def test_ids_that_two_slabs_share_are_each_slabs_own(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    one, two = stage.open(make_slab("Plane.1", "Human"), make_slab("Plane.1", "Mouse"))
    stage.do("select", "mine", {"Mouse": ["Plane.1-2"]})
    stage.do("filter_selection", "mine")
    assert len(stage.shown(one)) == 0
    assert stage.shown(two).index.tolist() == ["Plane.1-2"]
    assert stage.titles() == {one: "Human Plane.1", two: "Mouse Plane.1"}


def test_frames_are_asked_for_by_name(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    slab = make_slab()
    slab.cells["u"], slab.cells["v"] = [1.0, np.nan, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]
    slab.frames = (*slab.frames, Frame("stage", ("u", "v"), "micrometer"))
    with pytest.raises(UnknownNameError, match="no frame 'ccf'; it has slab, stage"):
        stage.open(slab, frame="ccf")
    (key,) = stage.open(slab)
    stage.move_to_frame(key, "stage")
    assert stage.scene.space == "tissue"
    assert len(stage.shown_slab(key).cells) == 3  # one has no place there
    assert len(stage.coloring(key, "Subclass").codes) == 3  # type: ignore[union-attr]
    stage.undo()
    assert len(stage.coloring(key, "Subclass").codes) == 4  # type: ignore[union-attr]
    with pytest.raises(UnknownNameError, match="no frame 'moon'"):
        stage.move_to_frame(key, "moon")


def test_what_is_colored_by_is_read_once(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    class Reads:
        kinds = {"log2": "log2", "raw": "counts"}  # noqa: RUF012

        def __init__(self) -> None:
            self.times: list[str] = []

        def packages(self, *_: Any) -> tuple[()]:
            return ()

        def download_bytes(self, *_: Any) -> int:
            return 0

        def read(self, _genes: Any, kind: str, *_: Any) -> Any:
            self.times.append(kind)
            return np.ones((4, 1), dtype=np.float32)

    reads = Reads()
    genes = pd.DataFrame({"gene_symbol": ["DRD1"]}, index=pd.Index(["E1"], name="gene_identifier"))
    (key,) = stage.open(make_slab(genes=genes, expression_source=reads))
    for values in ("log2", "log2", "raw", "log2"):
        stage.coloring(key, "gene:DRD1", values)
    assert reads.times == ["log2", "raw"]


def test_memory_of_what_is_kept_is_bounded(
    stage: Stage, make_slab: Callable[..., Slab], monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = stage.open(make_slab())
    one = stage.coloring(key, "counts")
    assert stage.coloring(key, "counts") is one
    monkeypatch.setattr(module, "_MOST_BYTES", 20)  # a coloring of four cells takes 16
    stage.coloring(key, "score")
    assert stage.coloring(key, "counts") is not one


def test_the_filter_acts_on_every_open_slab_and_later_ones(
    stage: Stage, make_slab: Callable[..., Slab]
) -> None:
    (one,) = stage.open(make_slab("one"))
    stage.do("color_by", "Subclass")
    stage.do("filter_names", "Subclass", keep=["D1", "Astro"])
    (two,) = stage.open(make_slab("two"))
    assert [len(stage.shown(key)) for key in (one, two)] == [2, 2]
    table = stage.counts()
    assert table.loc["D1"].tolist() == [1, 1] and "D2" not in table.index
    stage.do("color_by", "counts")
    assert [len(stage.shown(key)) for key in (one, two)] == [2, 2]
    with pytest.raises(UnknownNameError, match="not open"):
        stage.do("close", [one])
        stage.shown(one)


def test_counts_want_categories(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    stage.open(make_slab())
    with pytest.raises(ConfigurationError, match="name a column to count by"):
        stage.counts()
    stage.do("color_by", "gene:DRD1")
    with pytest.raises(ConfigurationError, match="name a column to count by"):
        stage.counts()
    assert stage.counts("Subclass")["Plane.1"].sum() == 4


def test_another_scene_is_one_step(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    stage.open(make_slab())
    stage.do("color_by", "Subclass")
    saved = stage.scene
    stage.do("clear_filters")
    stage.do("color_by", "counts")
    stage.go_to(saved)
    assert stage.scene == saved
    assert stage.undo().coloring.keys == ("counts",)  # type: ignore[union-attr]
    with pytest.raises(UnknownNameError, match="was not opened here yet"):
        Stage().go_to(saved)


def test_a_drag_is_one_step(stage: Stage) -> None:
    stage.do("color_by", "gene:A")
    for high in range(1, 9):
        stage.do("set_limits", (0, high), together="limits")
    stage.settle()
    stage.undo()
    assert stage.scene.coloring is not None and stage.scene.coloring.limits == ()


def test_slabs_of_a_release_know_where_they_come_from(release_folder: Path, stage: Stage) -> None:
    atlas = abc.open_atlas(str(release_folder))
    slab = atlas["MERFISH-C57BL6J-638850"].slab("C57BL6J-638850.37")
    stage.open(slab)
    key = stage.scene.places[0].slab
    assert (key.source, key.release) == (str(release_folder), atlas.release)
    text = to_python(stage.scene)
    assert f"abc.open_atlas({str(release_folder)!r}, release={atlas.release!r})" in text
    code = "\n".join(line for line in text.splitlines() if "atlas" in line or line.startswith("slab"))
    names: dict[str, Any] = {"abc": abc}
    exec(code.replace("import napari\n", ""), names)
    assert names["slab_1"].label == slab.label
    again = abc.open_atlas(key.source, release=key.release)[key.dataset].slab(key.slab)
    assert again.cells.index.equals(slab.cells.index)


def test_the_demo_is_called_what_a_person_types() -> None:
    atlas = abc.open_atlas("demo")
    assert atlas["HMBA-MERSCOPE-H22.30.001-BG"].slab("H22.30.001.BS.3.Plane.01").source == "demo"


def test_slabs_are_opened_over_others_and_with_a_coloring_of_their_own(
    stage: Stage, make_slab: Callable[..., Slab]
) -> None:
    (below,) = stage.open(make_slab("below"))
    stage.do("color_by", "Subclass")
    own = verbs.color_by(Scene(), "counts").coloring
    (above,) = stage.open(make_slab("above"), layout="overlay", coloring=own)
    place = stage.scene.place(above)
    assert place is not None and place.over == below
    assert stage.scene.coloring_of(above) == own != stage.scene.coloring_of(below)


def test_reading_what_is_colored_by_can_be_cancelled(stage: Stage, make_slab: Callable[..., Slab]) -> None:
    class Waits:
        kinds = {"log2": "log2"}  # noqa: RUF012

        def packages(self, *_: Any) -> tuple[()]:
            return ()

        def download_bytes(self, *_: Any) -> int:
            return 0

        def read(self, _genes: Any, _kind: str, task: Task, *_: Any) -> Any:
            task.check()
            return np.ones((4, 1), dtype=np.float32)

    genes = pd.DataFrame({"gene_symbol": ["DRD1"]}, index=pd.Index(["E1"], name="gene_identifier"))
    (key,) = stage.open(make_slab(genes=genes, expression_source=Waits()))
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        stage.coloring(key, "gene:DRD1", task=task)
    assert stage.coloring(key, "gene:DRD1").title == "DRD1"  # what was cancelled is not kept
