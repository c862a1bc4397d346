"""What all parts of the miniature release are made with."""
