"""Clients of other organisations: I/O through the guarded session, and to configured addresses only."""
