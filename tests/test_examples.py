"""Every public name is documented with an example, and the examples do what they say."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

import napari_abc as abc
from examples import public_methods, run_examples
from napari_abc.demo.release import ensure_release

if TYPE_CHECKING:
    from pathlib import Path

WITH_A_VIEWER = {
    *("SlabLayers", "ViewerScene", "add_image_file", "add_slab", "add_volume", "color_by", "open_scene"),
    *("scene", "show_in_frame"),
}
"""Their examples are run with the viewer's tests."""
PUBLIC: dict[str, Any] = {name: getattr(abc, name) for name in abc.__all__}
for _name in abc.__all__:
    if inspect.isclass(PUBLIC[_name]):
        PUBLIC |= public_methods(PUBLIC[_name])
EXAMPLES = {name: thing for name, thing in PUBLIC.items() if name.partition(".")[0] not in WITH_A_VIEWER}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    ensure_release(folder)
    return folder


@pytest.fixture
def namespace(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the examples take as given."""
    monkeypatch.setenv("NAPARI_ABC_CACHE", str(demo))
    run = tmp_path / "run"
    run.mkdir()
    (run / "cell_metadata.csv").write_text("EntityID,center_x,center_y\n7,1.5,2.5\n")
    atlas = abc.open_atlas("demo")
    dataset = atlas["HMBA-MERSCOPE-H22.30.001-BG"]
    slab = dataset.slab("H22.30.001.BS.3.Plane.01")
    return {"atlas": atlas, "dataset": dataset, "slab": slab, "run": run}


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_example_is_true(name: str, namespace: dict[str, Any]) -> None:
    assert run_examples(EXAMPLES[name], name, namespace), f"{name} has no example"


@pytest.mark.parametrize("name", PUBLIC)
def test_its_parameters_are_described(name: str) -> None:
    thing = PUBLIC[name]
    doc = (inspect.getdoc(thing) or "").replace("*", "")
    if inspect.isclass(thing):
        return  # attributes and parameters of classes are told in their own ways
    for parameter in inspect.signature(thing).parameters:
        if parameter not in ("self", "task", "name"):
            assert f"\n{parameter}\n" in doc or f"{parameter}, " in doc or f", {parameter}\n" in doc, (
                parameter
            )
