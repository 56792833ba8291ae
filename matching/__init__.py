"""Compares hashes with lists, exactly, and finds generic commerce in texts."""
