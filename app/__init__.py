"""The roof: configuration, wiring and logging; the only room that knows every room."""
