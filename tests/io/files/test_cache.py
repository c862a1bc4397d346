"""Which folder files are fetched into: never one of others, never one that can't be written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_abc.errors import ConfigurationError
from napari_abc.io.files import OWN_FOLDER, choose_cache, default_cache
from napari_abc.io.files import _cache as module
from napari_abc.io.files._cache import absolute
from plain_user import become_plain_user, plain_folder


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for caches, and no other named; nothing is there yet."""
    folder = tmp_path / "system"
    monkeypatch.setattr(module, "_system_cache", lambda: folder)
    monkeypatch.delenv("NAPARI_ABC_CACHE", raising=False)
    return folder


def foreign(folder: Path, marker: str = "_downloaded_data.json") -> Path:
    """A folder that abc_atlas_access fetches into."""
    folder.mkdir()
    (folder / marker).touch()
    return folder


def test_the_default_is_the_systems_unless_another_is_named(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_cache() == system
    monkeypatch.setenv("NAPARI_ABC_CACHE", "  ")
    assert default_cache() == system
    monkeypatch.setenv("NAPARI_ABC_CACHE", f" {tmp_path / 'mine'} ")
    assert default_cache() == tmp_path / "mine"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAPARI_ABC_CACHE", "mine")
    assert default_cache() == tmp_path / "mine"
    assert absolute(Path("~/x")) == Path.home() / "x"
    with pytest.raises(ConfigurationError, match="home folder in '~nobody-of-that-name/x' is not known"):
        absolute(Path("~nobody-of-that-name/x"))


def test_a_folder_that_is_given_comes_first_and_need_not_exist(system: Path, tmp_path: Path) -> None:
    assert choose_cache(tmp_path / "a" / "b", None) == (tmp_path / "a" / "b", [], [])
    assert choose_cache(None, None) == (system, [], [])
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("marker", ["_downloaded_data.json", "_manifest_last_used.txt"])
def test_a_folder_of_abc_atlas_access_is_only_read(system: Path, tmp_path: Path, marker: str) -> None:
    theirs = foreign(tmp_path / "theirs", marker)
    cache, only_read, said = choose_cache(theirs, None)
    assert (cache, only_read) == (system, [theirs])
    assert said == [f"{theirs} belongs to abc_atlas_access and is only read: new files go to {system}."]


def test_a_folder_that_both_use_is_written_to(system: Path, tmp_path: Path) -> None:
    both = foreign(tmp_path / "both")
    (both / OWN_FOLDER).mkdir()
    assert choose_cache(both, None) == (both, [], [])


def test_nothing_is_fetched_into_the_source(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "release"
    source.mkdir()
    for given in (source, source / "inside"):
        assert choose_cache(given, source) == (system, [], [])
    assert choose_cache(tmp_path, source)[0] == tmp_path  # above it is not in it
    assert choose_cache(source, tmp_path / "other")[0] == source
    (tmp_path / "link").symlink_to(source)
    assert choose_cache(tmp_path / "link", source)[0] == system
    monkeypatch.setattr(module, "_system_cache", lambda: source / "system")
    with pytest.raises(ConfigurationError, match="set NAPARI_ABC_CACHE to a writable folder outside"):
        choose_cache(source, source)


def test_a_cache_of_ours_may_be_the_source_too(system: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / OWN_FOLDER).mkdir(parents=True)
    assert choose_cache(cache, cache) == (cache, [], [])


def test_a_file_is_no_cache(system: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="file is a file: give a folder"):
        choose_cache(tmp_path / "file", None)


@pytest.mark.parametrize("mode", [0o555, 0o444, 0o666])
def test_a_folder_that_cannot_be_written_to_is_only_read(mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with plain_folder() as root:
        locked, system = root / "locked", root / "system"
        for folder in (locked, system):
            folder.mkdir()
        locked.chmod(mode)
        system.chmod(0o777)
        monkeypatch.setattr(module, "_system_cache", lambda: system)
        monkeypatch.delenv("NAPARI_ABC_CACHE", raising=False)
        become_plain_user()
        if mode & 0o111:
            cache, only_read, said = choose_cache(locked, None)
            assert (cache, only_read) == (system, [locked])
            assert said == [f"{locked} can't be written to and is only read: new files go to {system}."]
            with pytest.raises(ConfigurationError, match="does not exist and can't be made"):
                choose_cache(locked / "new", None)
        else:
            with pytest.raises(ConfigurationError, match="can't be looked into: give a folder"):
                choose_cache(locked, None)
