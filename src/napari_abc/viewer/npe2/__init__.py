"""What napari finds in the manifest: readers and sample data."""
