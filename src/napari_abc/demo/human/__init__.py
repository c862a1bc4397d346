"""The human single cells of the miniature release, and the taxonomies they are mapped to."""
