"""Floor 2: releases of the ABC Atlas: catalogue, manifest, datasets, taxonomies, regions."""
