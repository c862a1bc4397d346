"""The verbs and options of the shell command."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn

from napari_abc.errors import ConfigurationError

__all__ = ["build_parser"]

_EPILOG = """\
DATASET is a name that 'list' shows, or the path of a Xenium or MERSCOPE output folder or of an .h5ad
file. SLAB is what is opened of a dataset: a slab plane, a brain section, a brain, or an embedding, as
'slabs' lists them; with a path, leave it out. SOURCE is s3://bucket, https://mirror, a folder laid out
like the bucket, a cache folder of abc_atlas_access, or 'demo' (a small synthetic release).

  napari-abc demo
  napari-abc list
  napari-abc slabs HMBA-MERSCOPE-H22.30.001-BG
  napari-abc view HMBA-MERSCOPE-H22.30.001-BG H22.30.001.CX.17.Plane.03 --color-by gene:DRD1
  napari-abc figure path/to/xenium_output --color-by gene:GAD1 -o gad1.png
"""


class _Parser(argparse.ArgumentParser):
    """Raises this package's error, so that every user's error ends in the same one line."""

    def __init__(self, **options: Any) -> None:
        # An abbreviated option would change its meaning when a later version adds one like it.
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(f"{message}; see '{self.prog} --help'.")


class _Version(argparse.Action):
    """Prints the version; looked up only when asked for, as that costs time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"napari-abc {version('napari-abc')}")
        parser.exit()


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("needs at least one name; separate several by commas")
    return names


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})[xX×](\d{1,6})", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write WIDTHxHEIGHT, as in 1600x1000")
    return int(match[1]), int(match[2])


def _limits(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are not limits; write LOW,HIGH, as in 0,4.5") from None
    return low, high


def _folder(text: str) -> Path:
    if not text.strip():
        # Path("") is the current folder: 70 MB in the wrong place for a variable that was not set.
        raise argparse.ArgumentTypeError("names no folder")
    return Path(text)


def _add_globals(parser: argparse.ArgumentParser) -> None:
    """Options that may stand before or after the verb.

    SUPPRESS keeps a verb's parser from overwriting, with a default, what stood before the verb.
    """
    group = parser.add_argument_group("where the data come from")
    group.add_argument(
        "--source",
        metavar="S",
        default=argparse.SUPPRESS,
        help="bucket, mirror, folder or 'demo'; the public bucket of the atlas if left out",
    )
    group.add_argument(
        "--cache",
        metavar="DIR",
        type=_folder,
        default=argparse.SUPPRESS,
        help="folder that keeps what is downloaded",
    )
    group.add_argument(
        "--release",
        metavar="V",
        default=argparse.SUPPRESS,
        help="release to use, such as 20260228; the newest if left out",
    )
    group.add_argument(
        "--offline",
        action="store_true",
        default=argparse.SUPPRESS,
        help="fetch nothing; use what is on this disk",
    )


def _add_slab(verb: argparse.ArgumentParser, optional: bool = False, view: bool = False) -> None:
    verb.add_argument(
        "dataset",
        metavar="DATASET",
        nargs="?" if optional else None,
        help=f"name, or path of a run{', h5ad or saved view (.json)' if view else ' or h5ad'}",
    )
    verb.add_argument(
        "slab", metavar="SLAB", nargs="?", help="label that 'slabs' lists; left out after a path"
    )
    verb.add_argument(
        "-y", "--yes", action="store_true", help="fetch what genes need, also if it is more than 2 GB"
    )


def _add_coloring(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--color-by", metavar="X", help="a column, such as Subclass, or gene:SYMBOL")
    verb.add_argument(
        "--values",
        choices=("log2", "raw"),
        default="log2",
        help="kind of expression values (default: %(default)s)",
    )
    verb.add_argument("--limits", metavar="LOW,HIGH", type=_limits, help="limits of the color bar")
    verb.add_argument(
        "--colormap", metavar="NAME", default="magma", help="for numbers (default: %(default)s)"
    )


def _add_images(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--image",
        metavar="PATH",
        action="append",
        default=[],
        help="draw this image below the cells: NIfTI, OME-TIFF, TIFF, OME-Zarr, precomputed (repeatable)",
    )


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command; an error raises ConfigurationError."""
    parser = _Parser(
        prog="napari-abc",
        description="Allen Brain Cell Atlas in napari, from the shell.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", nargs=0, action=_Version, default=argparse.SUPPRESS, help="show the version and leave"
    )
    _add_globals(parser)
    parser.set_defaults(source=None, cache=None, release=None, offline=False)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        verb = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        _add_globals(verb)
        return verb

    verb = add("list", "list the datasets of a release")
    verb.add_argument("--json", action="store_true", help="as JSON")
    verb.add_argument(
        "--directories",
        action="store_true",
        help="list every directory of the release instead, also those that no dataset uses",
    )

    verb = add("slabs", "list what a dataset holds: slab planes, brain sections or embeddings")
    verb.add_argument("dataset", metavar="DATASET", help="name, or path of a run or h5ad")
    verb.add_argument("--json", action="store_true", help="as JSON")
    verb.add_argument("--count", action="store_true", help="count the cells, downloading what that needs")

    verb = add("taxonomy", "list the taxonomies of a release, or the cell types of one")
    verb.add_argument("name", metavar="NAME", nargs="?", help="taxonomy; without one, they are listed")
    verb.add_argument("--level", metavar="L", help="list the terms of this level, such as class")
    verb.add_argument(
        "--find", metavar="TEXT", help="list the terms whose name, label, ancestors or description hold this"
    )
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--csv", action="store_true", help="as CSV")

    verb = add("cells", "save the cells of a plane, section, embedding or run as a table")
    _add_slab(verb)
    verb.add_argument("--columns", metavar="A,B", type=_names, help="only these columns")
    verb.add_argument("--genes", metavar="A,B", type=_names, help="add the expression of these genes")
    verb.add_argument(
        "--values",
        choices=("log2", "raw"),
        default="log2",
        help="kind of expression values (default: %(default)s)",
    )
    verb.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help=".csv, .parquet or .h5ad"
    )

    verb = add("figure", "save a picture of a slab, of a dataset's slabs, or of a saved view")
    _add_slab(verb, view=True)
    verb.add_argument(
        "--all-slabs", action="store_true", help="draw all slabs of DATASET beside each other, as a board"
    )
    _add_coloring(verb)
    verb.add_argument("--regions", action="store_true", help="draw the outlines of the regions")
    verb.add_argument("--no-images", action="store_true", help="leave out the microscope's images")
    _add_images(verb)
    verb.add_argument(
        "--size", metavar="WxH", type=_size, default=(1600, 1000), help="pixels (default: 1600x1000)"
    )
    verb.add_argument("--title", metavar="TEXT", help="instead of dataset, label and color")
    verb.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help=".png")

    verb = add("view", "open a slab, a saved view, or only the dock, in napari")
    _add_slab(verb, optional=True, view=True)
    _add_coloring(verb)
    verb.add_argument(
        "--regions",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="show or hide the outlines of the regions",
    )
    _add_images(verb)

    verb = add("demo", "open a small synthetic release in napari, without network")
    verb.add_argument("--figure", metavar="FILE", type=Path, help="save a picture instead; needs no display")

    verb = add("download", "fetch a dataset or a directory, to work without network later")
    verb.add_argument("dataset", metavar="NAME", help="name that 'list' or 'list --directories' shows")
    verb.add_argument(
        "--no-expression", action="store_true", help="leave out the expression matrices, the largest part"
    )

    verb = add("index", "store expression gene by gene, so that any gene comes at once")
    verb.add_argument("dataset", metavar="DATASET", help="name that 'list' shows, or path of a run or h5ad")
    verb.add_argument(
        "--kind",
        choices=("log2", "raw", "both"),
        default="log2",
        help="kind of expression values (default: %(default)s)",
    )
    verb.add_argument(
        "--to",
        metavar="URL_OR_FOLDER",
        help="publish below this source as well, for others to read genes from without downloading",
    )
    verb.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, such as tcp://host:8786; this machine's processors if left out",
    )

    verb = add("doctor", "check what napari-abc needs: versions, display, OpenGL, cache, network")
    verb.add_argument("--json", action="store_true", help="as JSON")
    return parser
