"""Take pictures out of `data:` URIs, so that they are hashed and never travel as text."""

from __future__ import annotations

import binascii
import hashlib
from urllib.parse import unquote_to_bytes

_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def is_data_uri(url: str) -> bool:
    """Return whether a URL carries its content in itself."""
    return url[:5].lower() == "data:"


def picture_in(url: str) -> tuple[str, bytes] | None:
    """Return identity and bytes of the picture in a `data:` URI, or None if it holds none."""
    head, comma, content = url[5:].partition(",")
    media_type, *parameters = head.lower().split(";")
    if not comma or not media_type.strip().startswith("image/"):
        return None
    untrusted = unquote_to_bytes(content.encode("utf-8", "surrogatepass"))
    if any(parameter.strip() == "base64" for parameter in parameters):
        digits = b"".join(untrusted.split()).translate(_URL_SAFE).rstrip(b"=")
        try:
            untrusted = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
        except binascii.Error:
            return None
    return (f"inline:{hashlib.sha256(untrusted).hexdigest()}", untrusted) if untrusted else None
