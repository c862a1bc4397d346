"""Floor 1: bytes and arrays, without a word about what they mean."""
