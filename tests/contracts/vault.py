"""What every Vault and its Opener promise; subclass it and give it the two."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import OperatorFault
from domain.ports import Opener, Place, Vault

PLACE = Place(table="targets", row="0190-a", column="locator")
TEXT = "tin lanterns, blue kites"

# Hypothesis calls one test many times with the same fixtures: none of them holds state.
bounded = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
words = st.text(max_size=200)
any_code_points = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
places = st.builds(Place, table=words, row=words, column=words)


class VaultContract:
    """The suite; a subclass brings the fixtures `vault`, `opener`, `other_vault` and `other_opener`."""

    # Digests.

    def test_a_digest_is_stable_and_64_hex_digits(self, vault: Vault) -> None:
        digest = vault.digest("locator", TEXT)
        assert digest == vault.digest("locator", TEXT)
        assert len(digest) == 64
        assert set(digest) <= set("0123456789abcdef")

    @bounded
    @given(one=any_code_points, other=any_code_points)
    def test_different_texts_and_purposes_have_different_digests(self, vault: Vault, one: str, other: str) -> None:
        assert (vault.digest("locator", one) == vault.digest("locator", other)) == (one == other)
        assert vault.digest("locator", one) != vault.digest("author", one)

    def test_a_purpose_does_not_run_into_its_data(self, vault: Vault) -> None:
        assert vault.digest("ab", "c") != vault.digest("a", "bc")

    def test_another_key_digests_otherwise(self, vault: Vault, other_vault: Vault) -> None:
        assert vault.digest("locator", TEXT) != other_vault.digest("locator", TEXT)

    # What the host encrypts for itself.

    @bounded
    @given(text=any_code_points, place=places)
    def test_what_is_encrypted_comes_back(self, vault: Vault, text: str, place: Place) -> None:
        assert vault.decrypt(vault.encrypt(text, place), place) == text

    def test_the_same_text_never_looks_the_same(self, vault: Vault) -> None:
        assert vault.encrypt(TEXT, PLACE) != vault.encrypt(TEXT, PLACE)
        assert TEXT.encode() not in vault.encrypt(TEXT, PLACE)

    def test_a_flip_of_any_bit_is_refused(self, vault: Vault) -> None:
        for altered in flips(vault.encrypt(TEXT, PLACE)):
            with pytest.raises(OperatorFault):
                vault.decrypt(altered, PLACE)

    def test_a_shortened_ciphertext_is_refused(self, vault: Vault) -> None:
        ciphertext = vault.encrypt(TEXT, PLACE)
        for length in range(len(ciphertext)):
            with pytest.raises(OperatorFault):
                vault.decrypt(ciphertext[:length], PLACE)

    @bounded
    @given(written=places, read=places)
    def test_a_moved_ciphertext_is_refused(self, vault: Vault, written: Place, read: Place) -> None:
        ciphertext = vault.encrypt(TEXT, written)
        if written == read:
            assert vault.decrypt(ciphertext, read) == TEXT
        else:
            with pytest.raises(OperatorFault):
                vault.decrypt(ciphertext, read)

    def test_parts_of_a_place_do_not_run_into_each_other(self, vault: Vault) -> None:
        ciphertext = vault.encrypt(TEXT, Place(table="ab", row="c", column="d"))
        with pytest.raises(OperatorFault):
            vault.decrypt(ciphertext, Place(table="a", row="bc", column="d"))

    def test_another_host_key_opens_nothing(self, vault: Vault, other_vault: Vault) -> None:
        with pytest.raises(OperatorFault):
            other_vault.decrypt(vault.encrypt(TEXT, PLACE), PLACE)

    # What is sealed to the hotline.

    @bounded
    @given(text=any_code_points, place=places, lead_id=words)
    def test_what_is_sealed_opens_for_the_hotline(
        self, vault: Vault, opener: Opener, text: str, place: Place, lead_id: str
    ) -> None:
        key = vault.new_lead_key(lead_id)
        assert opener.open(key.wrapped, lead_id, vault.seal(key.public, text, place), place) == text

    def test_every_lead_has_a_key_of_its_own(self, vault: Vault) -> None:
        one, other = vault.new_lead_key("lead-1"), vault.new_lead_key("lead-1")
        assert one.public != other.public
        assert one.wrapped != other.wrapped

    def test_a_lead_key_opens_only_its_own_lead(self, vault: Vault, opener: Opener) -> None:
        key, neighbour = vault.new_lead_key("lead-1"), vault.new_lead_key("lead-2")
        sealed = vault.seal(key.public, TEXT, PLACE)
        for wrapped, lead_id in [(key.wrapped, "lead-2"), (neighbour.wrapped, "lead-2"), (neighbour.wrapped, "lead-1")]:
            with pytest.raises(OperatorFault):
                opener.open(wrapped, lead_id, sealed, PLACE)

    def test_a_sealed_text_opens_in_its_place_only(self, vault: Vault, opener: Opener) -> None:
        key = vault.new_lead_key("lead-1")
        sealed = vault.seal(key.public, TEXT, PLACE)
        moved = [replace(PLACE, table="leads"), replace(PLACE, row="0190-b"), replace(PLACE, column="url")]
        for place in moved:
            with pytest.raises(OperatorFault):
                opener.open(key.wrapped, "lead-1", sealed, place)

    def test_a_flip_of_any_bit_of_a_sealed_text_is_refused(self, vault: Vault, opener: Opener) -> None:
        key = vault.new_lead_key("lead-1")
        for altered in flips(vault.seal(key.public, TEXT, PLACE)):
            with pytest.raises(OperatorFault):
                opener.open(key.wrapped, "lead-1", altered, PLACE)

    def test_a_flip_of_any_bit_of_a_wrapped_key_is_refused(self, vault: Vault, opener: Opener) -> None:
        key = vault.new_lead_key("lead-1")
        sealed = vault.seal(key.public, TEXT, PLACE)
        for altered in flips(key.wrapped):
            with pytest.raises(OperatorFault):
                opener.open(altered, "lead-1", sealed, PLACE)

    def test_a_destroyed_lead_key_deletes_the_lead(self, vault: Vault, opener: Opener) -> None:
        key = vault.new_lead_key("lead-1")
        with pytest.raises(OperatorFault):
            opener.open(b"", "lead-1", vault.seal(key.public, TEXT, PLACE), PLACE)

    def test_another_hotline_opens_nothing(self, vault: Vault, other_opener: Opener) -> None:
        key = vault.new_lead_key("lead-1")
        with pytest.raises(OperatorFault):
            other_opener.open(key.wrapped, "lead-1", vault.seal(key.public, TEXT, PLACE), PLACE)

    def test_errors_quote_neither_text_nor_row(self, vault: Vault) -> None:
        with pytest.raises(OperatorFault) as caught:
            vault.decrypt(vault.encrypt(TEXT, PLACE), replace(PLACE, column="url"))
        message = str(caught.value)
        assert TEXT not in message
        assert PLACE.row not in message
        assert "\n" not in message


def flips(data: bytes) -> list[bytes]:
    """Return the data with each of its bits turned over, one at a time."""
    whole = int.from_bytes(data, "big")
    return [(whole ^ (1 << bit)).to_bytes(len(data), "big") for bit in range(len(data) * 8)]
