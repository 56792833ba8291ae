"""
Hold the numbers that key agreement is done with; none of them is a secret.

The server's RSA key is made of the two largest primes below 2**1024, so that
nobody can take it for a real one. The other prime is the one that Telegram
publishes, which Telethon knows to be good.
"""

from __future__ import annotations

import base64
from hashlib import sha1

from telethon.tl.tlobject import TLObject

_P, _Q = 2**1024 - 105, 2**1024 - 179
RSA_MODULUS = _P * _Q
RSA_EXPONENT = 65_537
RSA_SECRET = pow(RSA_EXPONENT, -1, (_P - 1) * (_Q - 1))

DH_PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4db"
    "fa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64"
    "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b41"
    "0dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4"
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf"
    "6f4fadf034b10403119cd8e3b92fcc5b",
    16,
)
DH_GENERATOR = 3
_LONG = 0x80  # from here on DER spells a length by its own length

PQ = (1_229_739_323, 1_402_015_859)  # what the client proves its work with


def big_endian(number: int) -> bytes:
    """Return a positive number's bytes, the shortest spelling."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


RSA_FINGERPRINT = int.from_bytes(
    sha1(
        b"".join(TLObject.serialize_bytes(big_endian(each)) for each in (RSA_MODULUS, RSA_EXPONENT)),
        usedforsecurity=False,
    ).digest()[-8:],
    "little",
    signed=True,
)


def public_key() -> str:
    """Return the RSA key's public half as PEM, for telethon.crypto.rsa.add_key on the client's side."""
    body = _der(0x30, _der_number(RSA_MODULUS) + _der_number(RSA_EXPONENT))
    text = base64.encodebytes(body).decode("ascii")
    return f"-----BEGIN RSA PUBLIC KEY-----\n{text}-----END RSA PUBLIC KEY-----\n"


def _der_number(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _der(tag: int, body: bytes) -> bytes:
    length = big_endian(len(body))
    head = length if len(body) < _LONG else bytes([_LONG | len(length)]) + length
    return bytes([tag]) + head + body
