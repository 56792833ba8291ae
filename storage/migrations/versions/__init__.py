"""The steps, one module a revision, in the order that each names."""
