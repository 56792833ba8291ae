"""Turns media into hashes: the bytes die in a child process that can do nothing else."""
