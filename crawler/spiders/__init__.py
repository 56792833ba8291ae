"""One spider per shape of page."""
