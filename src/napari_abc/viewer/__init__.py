"""The only rooms that know napari: slabs become layers, colorings become colors."""
