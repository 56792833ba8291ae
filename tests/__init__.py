"""The tests: a package of its own, for a library brings one of that name too."""
