"""What genes cost is said, and much of it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_abc.cli import cost, main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from servers import FolderServer

HUMAN = "HMBA-MERSCOPE-H22.30.001-BG"
PLANE = "H22.30.001.BS.3.Plane.01"


def test_much_is_fetched_with_yes_only(
    http_server: FolderServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "cells.csv"
    argv = ["cells", HUMAN, PLANE, "--source", http_server.url, "--genes", "DRD1", "-o", str(out)]
    monkeypatch.setattr(cost, "_UNASKED", 10)
    assert main(argv) == 2
    refused = capsys.readouterr().err
    assert "DRD1 in H22.30.001.BS.3.Plane.01 needs MERSCOPE-H22.30.001-BG-log2.h5ad (" in refused
    assert "add --yes" in refused and not out.exists()
    assert not any("h5ad" in request.path for request in http_server.requests)
    assert main([*argv, "--yes"]) == 0
    assert "needs MERSCOPE-H22.30.001-BG-log2.h5ad" in capsys.readouterr().err and out.exists()
    assert main(argv) == 0  # now that it is here, there is nothing to ask
    assert "needs" not in capsys.readouterr().err


def test_little_is_said_and_fetched(
    http_server: FolderServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cells.csv"
    argv = ["cells", HUMAN, PLANE, "--source", http_server.url, "--genes", "DRD1,DRD2", "-o", str(out)]
    assert main(argv) == 0
    assert (
        "DRD1, DRD2 in H22.30.001.BS.3.Plane.01 needs MERSCOPE-H22.30.001-BG-log2.h5ad"
        in capsys.readouterr().err
    )
