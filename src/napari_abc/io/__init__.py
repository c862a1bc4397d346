"""Bytes and arrays, without a word about what they mean."""
