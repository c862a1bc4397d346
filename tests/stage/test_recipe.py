"""Saved views: what is written is read back, and what is hostile is refused."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pytest

from napari_abc.errors import ConfigurationError, FormatError, MissingFileError
from napari_abc.stage import (
    Place,
    Scene,
    SlabKey,
    read_scene,
    to_python,
    verbs,
    write_scene,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_abc.model import Slab


@pytest.fixture
def scene(make_slab: Callable[..., Slab], place: Callable[[Slab], Place]) -> Scene:
    """One that has everything."""
    scene = verbs.open_slabs(Scene(), [place(make_slab(label)) for label in ("one", "two")])
    scene = verbs.open_slabs(scene, [place(make_slab("three"))], "overlay")
    scene = verbs.color_categories(verbs.color_by(scene, "Subclass"), {"D1": "#ff0000"})
    keys = ["gene:DRD1", "gene:DRD2"]
    scene = verbs.color_by(scene, keys, "raw", (0, 8), "viridis", slab=scene.places[1].slab)
    scene = verbs.select(scene, "mine", {"Human": ["one-1"]})
    scene = verbs.filter_names(scene, "Subclass", drop=["Astro", None])
    scene = verbs.filter_range(scene, "counts", low=1, high=2, values="raw")
    scene = verbs.filter_selection(scene, "mine")
    scene = verbs.gray_others(scene, True)
    scene = verbs.set_visible(scene, scene.places[0].slab, False)
    return verbs.show(scene, regions=False, cell_size=2.5, volumes=("Average template, 25 µm",))


def test_what_is_saved_is_read_back(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "view.json"
    write_scene(scene, path, {"camera": {"zoom": 2.5}})
    assert read_scene(path) == (scene, {"camera": {"zoom": 2.5}})
    assert [file.name for file in tmp_path.iterdir()] == ["view.json"]
    # The same scene gives the same bytes.
    first = path.read_bytes()
    write_scene(read_scene(path)[0], path, {"camera": {"zoom": 2.5}})
    assert path.read_bytes() == first
    assert "\n" in first.decode()  # a person can read it


def test_own_data_below_the_file_move_with_it(tmp_path: Path) -> None:
    def at(folder: Path, source: str) -> Scene:
        key = SlabKey(source=source, dataset="Xenium", slab="run")
        return verbs.open_slabs(Scene(), [Place(slab=key, frame="micron", space="tissue")])

    (tmp_path / "a" / "runs").mkdir(parents=True)
    path = tmp_path / "a" / "view.json"
    write_scene(at(tmp_path, str(tmp_path / "a" / "runs" / "run1")), path)
    assert '"runs/run1"' in path.read_text("utf-8")
    (tmp_path / "a").rename(tmp_path / "b")
    moved = read_scene(tmp_path / "b" / "view.json")[0]
    assert moved.places[0].slab.source == str(tmp_path / "b" / "runs" / "run1")
    # What lies elsewhere keeps its path, and an address is no path.
    for source in (str(tmp_path / "elsewhere"), "https://example.invalid/run", "demo"):
        write_scene(at(tmp_path, source), path := tmp_path / "b" / "view.json")
        assert read_scene(path)[0].places[0].slab.source == source


def damaged(scene: Scene, path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    write_scene(scene, path)
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d.update(format="other"), "no saved view of this plugin"),
        (lambda d: d.update(version=2), "another version"),
        (lambda d: d.update(scene=None), "the scene"),
        (lambda d: d["scene"].update(extra=1), "Extra inputs are not permitted"),
        (lambda d: d["scene"]["places"].append(d["scene"]["places"][0]), "a slab is open twice"),
        (lambda d: d["scene"].update(places=d["scene"]["places"] * 200), "at most 500"),
        (lambda d: d["scene"].update(space="moon"), "no open slab lies in the space 'moon'"),
        (lambda d: d["scene"]["places"][2]["over"].update(slab="gone"), "has no tile in its space"),
        (lambda d: d["scene"]["coloring"].update(keys=["a\u0000b"]), "match pattern"),
        (lambda d: d["scene"]["coloring"].update(colors=[["D1", "url(x)"]]), "match pattern"),
        (lambda d: d["scene"]["shown"].update(cell_size=1e9), "less than or equal to 100"),
        (lambda d: d["scene"]["filter"]["conditions"][0].update(kind="python"), "kind|expected tags"),
        (lambda d: d["scene"].update(selections=[]), "no selection 'mine'"),
        (
            lambda d: d["scene"]["places"][0]["slab"].update(source="../../etc", release=""),
            "leaves its folder",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    scene: Scene, tmp_path: Path, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    with pytest.raises(FormatError, match=why) as caught:
        read_scene(damaged(scene, tmp_path / "view.json", change))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_what_is_no_view_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "view.json"
    path.write_bytes(content)
    with pytest.raises(FormatError, match="is no saved view"):
        read_scene(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="There is no file"):
        read_scene(tmp_path / "view.json")
    with pytest.raises(FormatError, match="can't be read"):
        read_scene(tmp_path)


def test_python_says_all_of_it_and_is_python(scene: Scene) -> None:
    text = to_python(scene)
    tree = ast.parse(text)
    calls = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    for verb, times in {
        "open": 3,
        "color_by": 2,
        "filter": 3,
        "select": 1,
        "show": 3,
        "gray_others": 1,
    }.items():
        assert calls.count(verb) == times, verb
    assert "scene.open(slab_3, frame='slab', layout='overlay')" in text
    assert "scene.filter('Subclass', drop=['Astro', None])" in text
    assert text.count("open_atlas(") == 1  # all three lie in one release


def test_names_of_data_stay_texts_in_a_script() -> None:
    evil = "x'); import os; os.system('true"
    key = SlabKey(source=evil, dataset=evil, slab=evil)
    scene = verbs.open_slabs(Scene(), [Place(slab=key, frame=evil, space="tissue")])
    scene = verbs.filter_names(verbs.color_by(scene, evil), evil, keep=[evil])
    tree = ast.parse(to_python(scene))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert {alias.name for node in imported for alias in node.names} == {"napari", "napari_abc"}


def test_a_slab_made_in_memory_has_no_script() -> None:
    key = SlabKey(dataset="mine", slab="made here")
    scene = verbs.open_slabs(Scene(), [Place(slab=key, frame="slab", space="tissue")])
    with pytest.raises(ConfigurationError, match="made here was made in memory"):
        to_python(scene)
