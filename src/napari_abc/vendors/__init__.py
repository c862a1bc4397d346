"""Floor 2: a person's own runs: Xenium and MERSCOPE folders, h5ad files."""
