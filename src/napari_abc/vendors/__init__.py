"""Floor 2: a person's own runs and images; :mod:`~napari_abc.vendors.registry` lists the vendors."""
