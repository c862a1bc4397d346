"""The mouse brains of the miniature release."""
