"""
Spare Python's cyclic collector what never becomes garbage.

A page of posts makes thousands of small objects, and each few hundred of them
set the collector off: a third of the time that storing a page takes went into
looking through modules that stay for good.
"""

from __future__ import annotations

import gc

YOUNG = 20_000  # new objects before the youngest are looked through; Python's own 700 suit small programs


def settle() -> None:
    """Leave alone what is there now, and look less often; may be called again after large imports."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
