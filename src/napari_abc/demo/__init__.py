"""A miniature release that the project makes itself, for demos and tests."""
