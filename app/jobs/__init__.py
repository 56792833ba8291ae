"""Turns on their way from who decides what is due to whoever visits: within a process, or by PostgreSQL."""
