"""The verb ``cells``: a slab's cells as a table, with expression where asked for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_abc.cli.cost import agree
from napari_abc.cli.target import bundle_of, slab_of, tell
from napari_abc.errors import ConfigurationError, UnknownNameError
from napari_abc.io.files import atomic_path, check_output

if TYPE_CHECKING:
    from pathlib import Path

    from napari_abc.cli.console import Console
    from napari_abc.model import Slab

__all__ = ["save_cells", "write_cells"]

_EXTENSIONS = (".csv", ".parquet", ".h5ad")


def save_cells(arguments: Any, console: Console) -> int:
    """Write the cells of a slab to a file."""
    check_output(arguments.output, _EXTENSIONS, source=bundle_of(arguments.dataset))
    slab = slab_of(arguments, console, arguments.columns or ())
    columns = _columns(slab, arguments.columns)
    genes = list(dict.fromkeys(arguments.genes or ()))
    agree(slab, genes, arguments, console)
    expression = slab.expression(genes, arguments.values, console.task) if genes else None
    write_cells(slab, columns, expression, arguments.values, arguments.output)
    tell(slab, console)
    added = f" and {len(genes):,} {'gene' if len(genes) == 1 else 'genes'}" if genes else ""
    plural = "s" if len(columns) != 1 else ""
    said = f"Wrote {len(slab.cells):,} cells, {len(columns):,} column{plural}{added}"
    console.note(f"{said} to {arguments.output}.")
    return 0


def write_cells(
    slab: Slab, columns: list[str], expression: pd.DataFrame | None, values: str, path: Path
) -> None:
    """Write cells, and expression beside them, as CSV, Parquet or h5ad.

    Parameters
    ----------
    slab
        Whose cells to write.
    columns
        Columns of ``slab.cells`` to write; the index ``cell_label`` always is.
    expression
        (cells, genes) float32, aligned to the cells; None for none.
    values
        Kind of the expression values, ``"log2"`` or ``"raw"``.
    path
        Ends in ``.csv``, ``.parquet`` or ``.h5ad``.

    Raises
    ------
    ConfigurationError
        If a gene has the name of a column, or the file can't be written.
    """
    kind = check_output(path, _EXTENSIONS)
    table = slab.cells.loc[:, columns]
    table.index = table.index.astype(str).rename("cell_label")
    if kind == ".h5ad":
        with atomic_path(path) as temporary:
            _write_h5ad(slab, table, expression, values, temporary)
        return
    if expression is not None:
        twice = [gene for gene in expression.columns if gene in table.columns]
        if twice:
            raise ConfigurationError(
                f"Gene {twice[0]} and column {twice[0]!r} would share a name; leave one out, or ask for the "
                "gene by its identifier."
            )
        table = table.join(expression.set_axis(table.index))
    with atomic_path(path) as temporary:
        if kind == ".csv":
            table.to_csv(temporary)
        else:
            # A column of texts and numbers can't be written as it is.
            odd = {
                str(name): _plain(table[name])
                for name in table
                if pd.api.types.infer_dtype(table[name], skipna=True).startswith("mixed")
            }
            table.assign(**odd).to_parquet(temporary)


def _columns(slab: Slab, wanted: list[str] | None) -> list[str]:
    """Columns by name, in any case; all where none is named."""
    have = [str(column) for column in slab.cells]
    if wanted is None:
        return have
    by_fold = {name.casefold(): name for name in reversed(have)}
    found = []
    for name in wanted:
        column = name if name in have else by_fold.get(name.casefold())
        if column is None:
            near = get_close_matches(name, have, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(have)}."
            raise UnknownNameError(f"{slab.label} has no column {name!r}; {hint}")
        found.append(column)
    return list(dict.fromkeys(found))


def _write_h5ad(
    slab: Slab, table: pd.DataFrame, expression: pd.DataFrame | None, values: str, path: Path
) -> None:
    import anndata

    obs = _obs(table)
    uns: dict[str, Any] = {
        "dataset": slab.dataset,
        "slab": slab.label,
        "species": slab.species,
        "platform": slab.platform,
        "frame": slab.frame.name,
        "units": slab.frame.unit,
        "license": slab.license,
        "citation": slab.citation,
        "synthetic": slab.synthetic,
    }
    for column in obs.columns.intersection(list(slab.palettes)):
        # scanpy's habit, so that its plots have the atlas's colors; it needs the same categories.
        palette = slab.palettes[column]
        if hasattr(obs[column], "cat") and tuple(obs[column].cat.categories) == palette.names:
            uns[f"{column}_colors"] = np.array(palette.colors, dtype=object)
    x, var = None, None
    if expression is not None and slab.expression_source is not None:
        x = expression.to_numpy()
        var = slab.genes.loc[[slab.find_gene(gene) for gene in expression.columns]]
        var = pd.DataFrame({name: _plain(var[name]) if var[name].isna().any() else var[name] for name in var})
        var.index = var.index.astype(str)
        uns["values"] = slab.expression_source.kinds[values]
    adata = anndata.AnnData(X=x, obs=obs, var=var, uns=uns)
    # Both names are the habit of scanpy and squidpy: "spatial" of tissue, "X_umap" of an embedding.
    is_tissue = bool(slab.frame.unit) or slab.frame.name == "spatial"
    key = "spatial" if is_tissue else f"X_{slab.frame.name.lower()}"
    adata.obsm[key] = slab.cells[list("xyz"[: slab.frame.ndim])].to_numpy(dtype=np.float64)
    adata.write_h5ad(path, compression="gzip")


def _obs(table: pd.DataFrame) -> pd.DataFrame:
    """The table with types that every version of anndata reads."""
    # Forward slashes would make groups of the file.
    columns = {str(name).replace("/", "_"): _plain(table[name]) for name in table.columns}
    index = pd.Index(table.index.to_numpy(dtype=object), dtype=object, name=table.index.name)
    return pd.DataFrame({name: column.set_axis(index) for name, column in columns.items()}, index=index)


def _plain(column: pd.Series) -> pd.Series:
    """Texts as categories, as they may be missing; yes and no as booleans that may be missing."""
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(column.dtype):
        return column
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    known = column.dropna()
    if known.map(lambda value: isinstance(value, bool)).all() and len(known):
        return column.astype("boolean")
    texts = known.astype(str).to_numpy(dtype=object)
    names = pd.Index(sorted(set(texts)), dtype=object)
    codes = pd.Series(-1, index=column.index)
    codes[column.notna()] = names.get_indexer(texts)
    return pd.Series(pd.Categorical.from_codes(codes, categories=names), index=column.index)
