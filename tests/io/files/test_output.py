"""Where a person's output may be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_abc.errors import ConfigurationError, MissingFileError
from napari_abc.io.files import check_output
from plain_user import become_plain_user, plain_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_extension_in_any_case(tmp_path: Path) -> None:
    assert check_output(tmp_path / "a.CSV", (".csv", ".h5ad")) == ".csv"


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.csv.gz"])
def test_unknown_extension_names_the_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"end in \.csv, \.parquet or \.h5ad"):
        check_output(tmp_path / name, (".csv", ".parquet", ".h5ad"))


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="make it first"):
        check_output(tmp_path / "no" / "a.csv", (".csv",))


def test_folder_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ConfigurationError, match="is a folder"):
        check_output(tmp_path / "a.csv", (".csv",))


@pytest.mark.parametrize(("mode", "allowed"), [(0o5, False), (0o6, False), (0o3, True), (0o7, True)])
def test_folder_that_is_not_ours(mode: int, allowed: bool) -> None:
    with plain_folder() as root:
        folder = root / "folder"
        folder.mkdir()
        folder.chmod(mode * 0o111)  # the same for owner, group and others
        become_plain_user()
        if allowed:
            assert check_output(folder / "a.csv", (".csv",)) == ".csv"
        else:
            with pytest.raises(ConfigurationError, match="Not allowed"):
                check_output(folder / "a.csv", (".csv",))


def test_input_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.h5ad"
    path.write_bytes(b"mine")
    with pytest.raises(ConfigurationError, match="what is read"):
        check_output(path, (".h5ad",), source=tmp_path / "." / "run.h5ad")


@pytest.mark.parametrize("source", ["run", "run/experiment.xenium"])
def test_no_file_of_a_run_is_overwritten(tmp_path: Path, source: str) -> None:
    run = tmp_path / "run"
    (run / "images").mkdir(parents=True)
    for name in ("cells.csv", "experiment.xenium", "images/overview.csv"):
        (run / name).write_bytes(b"measured")
    for name in ("cells.csv", "images/overview.csv", "../run/cells.csv"):
        with pytest.raises(ConfigurationError, match="what is read"):
            check_output(run / name, (".csv",), source=tmp_path / source)
    (tmp_path / "link.csv").symlink_to(run / "cells.csv")
    with pytest.raises(ConfigurationError, match="what is read"):
        check_output(tmp_path / "link.csv", (".csv",), source=tmp_path / source)
    assert check_output(run / "new.csv", (".csv",), source=tmp_path / source) == ".csv"
    assert check_output(tmp_path / "cells.csv", (".csv",), source=tmp_path / source) == ".csv"
