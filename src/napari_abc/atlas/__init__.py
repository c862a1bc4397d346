"""Floor 2: releases of the ABC Atlas: catalog, manifest, datasets, taxonomies, regions."""
