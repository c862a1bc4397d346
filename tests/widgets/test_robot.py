"""A robot that does in the dock what comes to its mind: whatever it does, layers and scene agree."""

from __future__ import annotations

import logging
import random
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_abc.errors import AbcError
from napari_abc.model import Frame
from napari_abc.viewer.color import painted
from napari_abc.viewer.links import shows_cells, slab_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from napari_abc.model import Slab
    from napari_abc.widgets.dock import AtlasDock

    Idle = Callable[[AtlasDock], None]

ACTIONS = 150


@pytest.fixture
def slabs(slab: Slab) -> list[Slab]:
    """Tissue in two units, one with a frame in space, and an embedding."""
    cells = slab.cells.assign(z=np.linspace(0, 2, len(slab.cells)))
    ccf = Frame("ccf", ("z", "y", "x"), "millimeter", title="CCF", axes=("z", "y", "x"))
    return [
        replace(slab, label="Plane.01"),
        replace(slab, label="Plane.02", cells=cells, frames=(*slab.frames, ccf)),
        replace(slab, label="run", dataset="Run", frames=(Frame("run", ("x", "y"), "micrometer"),)),
        replace(slab, label="UMAP", dataset="Single cells", frames=(Frame("umap", ("x", "y"), ""),)),
        replace(slab, label="few", cells=slab.cells[:3], expression_source=None),
    ]


class Robot:
    """Acts by a seeded chance, as a person with mouse and keyboard would."""

    def __init__(self, dock: AtlasDock, slabs: list[Slab], seed: int) -> None:
        self.dock = dock
        self.scene = dock.steps.scene
        self.viewer = dock.find_controller._viewer
        self.slabs = slabs
        self.chance = random.Random(seed)
        self.done: list[str] = []

    def act(self) -> None:
        name = self.chance.choice([name for name in dir(self) if name.startswith("do_")])
        self.done.append(name)
        getattr(self, name)()

    def do_open(self) -> None:
        layout = self.chance.choice([None, None, "beside", "overlay", "replace"])
        some = self.chance.sample(self.slabs, self.chance.randint(1, 3))
        self.scene.open(*some, layout=layout)

    def do_close(self) -> None:
        if keys := list(self.scene.stage):
            self.dock.steps.take("close", [self.chance.choice(keys)])

    def do_remove_a_layer(self) -> None:
        if layers := [layer for layer in self.viewer.layers if not getattr(layer, "locked", False)]:
            self.viewer.layers.remove(self.chance.choice(layers))

    def do_choose_a_column(self) -> None:
        column = self.dock.color_view.picker.column
        if rows := [row for row in range(column.count()) if column.itemData(row)]:
            column.activated.emit(self.chance.choice(rows))

    def do_choose_a_gene(self) -> None:
        self.dock.color_controller.color_by_gene(self.chance.choice(["DRD1", "drd2", "PENK", "nonsense"]))

    def do_click_in_the_legend(self) -> None:
        legend = self.dock.color_view.legend
        if legend.view.model().rowCount():
            row = self.chance.randrange(legend.view.model().rowCount())
            legend.view.activated.emit(legend.view.model().index(row, 0))

    def do_move_a_limit(self) -> None:
        bar = self.dock.color_view.bar
        bar.high.setValue(self.chance.uniform(bar.low.value(), bar.high.maximum()))

    def do_filter_a_range(self) -> None:
        self.dock.steps.take("filter_range", self.chance.choice(["volume", "gene:DRD1"]), 0.5, None)

    def do_clear(self) -> None:
        self.dock.steps.take("clear_filters")

    def do_gray(self) -> None:
        self.dock.steps.take("gray_others", self.chance.random() < 0.5)

    def do_undo(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self.dock.steps.undo()

    def do_redo(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self.dock.steps.redo()

    def do_look_elsewhere(self) -> None:
        if self.scene.spaces:
            self.dock.steps.take("look_at_space", self.chance.choice(self.scene.spaces))

    def do_choose_a_slab(self) -> None:
        count = self.dock.color_view.picker.layer.count()
        if count:
            self.dock.color_view.picker.layer.activated.emit(self.chance.randrange(count))

    def do_choose_a_frame(self) -> None:
        frame = self.dock.color_view.picker.frame
        if frame.count():
            self.dock.frame_controller.show_in(frame.itemData(self.chance.randrange(frame.count())))

    def do_resize(self) -> None:
        self.dock.color_view.cell_size.slider.setValue(self.chance.randint(-40, 40))

    def do_duplicate(self) -> None:
        if layers := [layer for layer in self.viewer.layers if shows_cells(layer)]:
            data, state, kind = self.chance.choice(layers).as_layer_data_tuple()
            self.viewer._add_layer_from_data(data, state, kind)


def check(robot: Robot) -> None:
    """Layers, dock and scene say the same."""
    scene, stage = robot.scene.stage.scene, robot.scene.stage
    for place in scene.places:
        layers = robot.scene.board[place.slab]
        assert layers.cells in robot.viewer.layers, place.slab
        shown = slab_of(layers.cells)
        assert shown is not None and shown.frame.name == place.frame
        here = place.space == scene.space
        assert layers.cells.visible is here or not here, place.slab
        state = painted(layers.cells)
        assert state is not None
        mask = stage.passing(place.slab).mask
        if state.kept is not None and place.slab not in robot.scene.board.lacking:
            assert mask is not None and np.array_equal(state.kept, mask)
    shown_slab = robot.dock.color_controller.slab
    assert (shown_slab is None) is (not scene.in_view), robot.done[-3:]
    assert robot.dock.color_view.picker.layer.count() == len(scene.places)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_layers_dock_and_scene_agree(
    qtbot: QtBot,
    dock: AtlasDock,
    slabs: list[Slab],
    idle: Idle,
    caplog: pytest.LogCaptureFixture,
    seed: int,
) -> None:
    robot = Robot(dock, slabs, seed)
    with caplog.at_level(logging.ERROR):
        for _ in range(ACTIONS):
            with suppress(AbcError):  # a sentence for a person; nothing has changed
                robot.act()
            if robot.chance.random() < 0.7:  # else the next action comes while this one is read
                idle(dock)
                check(robot)
        idle(dock)
    check(robot)
    assert not caplog.records, (robot.done, [record.getMessage() for record in caplog.records])
