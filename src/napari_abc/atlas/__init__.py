"""Releases of the ABC Atlas: catalog, manifest, datasets, taxonomies, regions."""
