"""An index may be open when the interpreter ends, and may be copied and sent to another process."""

from __future__ import annotations

import copy
import pickle
import sys
from operator import methodcaller
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from napari_abc.errors import MissingFileError
from napari_abc.io.gene_index import ArrayMatrix, GeneIndex, build_index, open_index, upload
from napari_abc.task import Task
from processes import elsewhere, run

KEY = "ab12"


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    found = sp.random(3_000, 12, 0.3, "csr", np.float32, np.random.default_rng(4)).toarray()
    return np.asarray(found)


@pytest.fixture
def index(values: np.ndarray, tmp_path: Path) -> GeneIndex:
    matrix = ArrayMatrix(values, [f"c{i}" for i in range(3_000)], [f"g{i}" for i in range(12)])
    return build_index(matrix, tmp_path / "m.zarr", KEY, Task(), part_entries=2_000)


KEPT = """
import encodings
import sys
from pathlib import Path
from napari_abc.io.gene_index import open_index

index = open_index(Path(sys.argv[1]), "ab12")
index.gene_all(3)
assert index._files._open
encodings.keeper = index  # a module that outlives those that the index is made of
"""


def test_an_open_index_says_nothing_when_the_interpreter_ends(index: GeneIndex) -> None:
    done = run([sys.executable, "-W", "error", "-c", KEPT, index.location])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_reads_the_same_and_opens_files_of_its_own(
    again: object, index: GeneIndex, values: np.ndarray
) -> None:
    index.gene_all(2)
    index.rows_of(["c5"])
    other = again(index)  # type: ignore[operator]
    assert isinstance(other, GeneIndex) and other.about == index.about and other.is_local
    index.close()
    np.testing.assert_array_equal(other.read(range(12)), values)
    assert other.rows_of(["c5", "none"]).tolist() == [5, -1]


def test_a_copy_compares_what_it_reads_with_its_checksums(index: GeneIndex) -> None:
    index.read(range(12))
    packed = pickle.dumps(index)
    index.close()
    path = Path(index.location) / "values/c/0/0"
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(Exception, match="damaged"):
        pickle.loads(packed).read(range(12))
    path.unlink()
    with pytest.raises(MissingFileError):
        pickle.loads(packed).read(range(12))


def test_a_spawned_process_reads_it(index: GeneIndex, values: np.ndarray) -> None:
    index.gene_all(0)
    upload(Path(index.location), (Path(index.location).parent / "away.zarr").as_uri(), Task())
    away = open_index((Path(index.location).parent / "away.zarr").as_uri(), KEY)
    assert away is not None and not away.is_local
    for one in (index, away):
        np.testing.assert_array_equal(elsewhere(methodcaller("gene_all", 0), one), values[:, 0])
