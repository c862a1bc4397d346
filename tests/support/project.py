"""Where the project lies, and the real files that may lie beside it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

REALDATA = ROOT.parent / "shared" / "realdata"
"""Real files that tests use where they are there; none of them is part of the project."""
