"""
Let atheris look for files that the decoding rooms treat in new ways, guided by which code they reach.

    python -m tests.fuzz.guided FOLDER -max_total_time=600

In this process, without the sandbox: what is looked for is an exception, an
answer that contradicts itself, or a good picture hashed wrongly afterwards.
FOLDER is made, and filled with the seed corpus; what is found new stays there.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

LIMITS = ("-max_len=65536", "-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1", "-verbosity=1")
EVERY = 200  # files between two good pictures


class Target:
    """What every file is given to."""

    def __init__(self) -> None:
        from fingerprint.image import fingerprint_image  # noqa: PLC0415 - imported under atheris's eyes
        from fingerprint.media import hash_media  # noqa: PLC0415 - see above
        from tests.fingerprint.pictures import encoded, photo  # noqa: PLC0415 - see above

        self._hashed = hash_media
        self._picture = fingerprint_image
        self._good = encoded(photo(120, 90, seed=3), "JPEG")
        self._expected = fingerprint_image(self._good)
        self._files = 0

    def one(self, untrusted_bytes: bytes) -> None:
        """Hash one file; raises AssertionError when the answer cannot be right."""
        found = self._hashed(untrusted_bytes)
        assert len(found.pdq_dihedral) in {0, 8}
        assert all(len(variant) == 32 for variant in found.pdq_dihedral)
        assert 0 <= found.pdq_quality <= 100
        assert len(found.frames) <= 32
        assert not (found.frames and found.status is found.status.UNDECODABLE)
        self._files += 1
        if self._files % EVERY == 0:
            assert self._picture(self._good) == self._expected


def main() -> None:
    atheris: Any = importlib.import_module("atheris")  # by name: it ships no annotations
    folder, options = Path(sys.argv[1]), sys.argv[2:]
    with atheris.instrument_imports(include=["PIL", "fingerprint"]):
        target = Target()
    from tests.fuzz.mutations import seeds  # noqa: PLC0415 - after Pillow was imported above

    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(seeds()):
        (folder / f"seed-{number:03}").write_bytes(file)
    atheris.Setup([sys.argv[0], str(folder), *LIMITS, f"-artifact_prefix={folder}/", *options], target.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
