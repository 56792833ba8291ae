"""
Use the host's keys for what visits need, and seal what belongs to a lead.

Nothing here can open a sealed text: the host holds only the public halves.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain.errors import OperatorFault
from domain.ports import LeadKey, Place
from keys.envelopes import DoesNotOpen, close, reopen, seal_to
from keys.keyfile import ID_BYTES, HostKeys

LEAD_KEY = "lead key"
LEAD_TEXT = "lead text"
VERSION = b"\x01"
_HEADER = len(VERSION) + ID_BYTES


class HostVault:
    """The `Vault` port over a key file and the hotline's public key."""

    def __init__(self, host_keys: HostKeys, hotline_public: bytes) -> None:
        """Refuse a hotline key that nothing could be sealed to."""
        self._keys = host_keys
        self._hotline_public = hotline_public
        self._begun: dict[str, hmac.HMAC] = {}  # a handful, keyed already: every post asks for two digests
        self._header = VERSION + bytes.fromhex(host_keys.id)
        try:
            seal_to(hotline_public, b"", purpose=LEAD_KEY, context=b"")
        except DoesNotOpen:
            raise OperatorFault("the hotline's public key is damaged: restore the hotline key file") from None

    def __repr__(self) -> str:
        return f"HostVault(host key {self._keys.id})"

    def digest(self, purpose: str, data: str) -> str:
        """Return the keyed digest: HMAC-SHA256 under a key of the purpose's own."""
        begun = self._begun.get(purpose)
        if begun is None:
            purpose_key = hmac.digest(self._keys.digests, purpose.encode(), "sha256")
            self._begun[purpose] = begun = hmac.new(purpose_key, digestmod="sha256")
        digest = begun.copy()
        digest.update(_bytes(data))
        return digest.hexdigest()

    def encrypt(self, text: str, place: Place) -> bytes:
        """Encrypt with the host's key; the key's id leads, so that a wrong key file is named."""
        return self._header + close(self._keys.encryption, _bytes(text), self._header + place.encoded())

    def decrypt(self, ciphertext: bytes, place: Place) -> str:
        """Open what `encrypt` made; raises OperatorFault if key or place differ."""
        header, closed = ciphertext[:_HEADER], ciphertext[_HEADER:]
        if header[:1] != VERSION or len(header) < _HEADER:
            raise OperatorFault(f"a value in {place.table}.{place.column} is damaged: restore the database")
        self._keys.require(header[1:].hex())
        try:
            return _text(reopen(self._keys.encryption, closed, header + place.encoded()))
        except DoesNotOpen:
            raise OperatorFault(
                f"a value in {place.table}.{place.column} was altered or moved: restore the database"
            ) from None

    def new_lead_key(self, lead_id: str) -> LeadKey:
        """Make the key pair of a new lead; its private half is gone once this returns."""
        private = X25519PrivateKey.generate()
        wrapped = seal_to(self._hotline_public, private.private_bytes_raw(), purpose=LEAD_KEY, context=lead_id.encode())
        return LeadKey(public=private.public_key().public_bytes_raw(), wrapped=wrapped)

    def seal(self, lead_public: bytes, text: str, place: Place) -> bytes:
        """Seal text to a lead; raises OperatorFault if the stored public key is damaged."""
        try:
            return seal_to(lead_public, _bytes(text), purpose=LEAD_TEXT, context=place.encoded())
        except DoesNotOpen:
            raise OperatorFault("the public key of a lead is damaged: restore the database") from None


def _bytes(text: str) -> bytes:
    # Hostile pages hold lone surrogates; they must come back as they were seen.
    return text.encode("utf-8", "surrogatepass")


def _text(plain: bytes) -> str:
    return plain.decode("utf-8", "surrogatepass")
