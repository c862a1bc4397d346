"""A person's own runs and images; :mod:`~napari_abc.vendors.registry` lists the vendors."""
