"""Floor 3: the only rooms that know napari: slabs become layers, colourings become colours."""
