"""The real vault under the contract, and what only it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import OperatorFault
from domain.ports import Opener, Vault
from keys.hotline import create_hotline_key, unlock
from keys.keyfile import HostKeys, create_host_keys
from keys.vault import HostVault
from tests.contracts.vault import PLACE, TEXT, VaultContract


@pytest.fixture
def host_keys(tmp_path: Path) -> HostKeys:
    return create_host_keys(tmp_path / "host.key")


@pytest.fixture
def vault(host_keys: HostKeys, tmp_path: Path) -> Vault:
    return HostVault(host_keys, create_hotline_key(tmp_path / "hotline.key", None))


@pytest.fixture
def opener(vault: Vault, tmp_path: Path) -> Opener:
    assert vault is not None  # its fixture writes the key file
    return unlock(tmp_path / "hotline.key", None)


@pytest.fixture
def other_vault(tmp_path: Path) -> Vault:
    public = create_hotline_key(tmp_path / "other-hotline.key", None)
    return HostVault(create_host_keys(tmp_path / "other-host.key"), public)


@pytest.fixture
def other_opener(other_vault: Vault, tmp_path: Path) -> Opener:
    assert other_vault is not None
    return unlock(tmp_path / "other-hotline.key", None)


class TestHostVault(VaultContract):
    """HostVault and HotlineOpener keep the contract."""


def test_a_wrong_key_file_is_named_by_both_ids(
    host_keys: HostKeys, vault: Vault, other_vault: Vault, tmp_path: Path
) -> None:
    third = create_host_keys(tmp_path / "third.key")
    assert third.id != host_keys.id
    with pytest.raises(OperatorFault, match=host_keys.id):
        other_vault.decrypt(vault.encrypt(TEXT, PLACE), PLACE)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), bytes(33)])
def test_a_key_that_nothing_can_be_sealed_to_is_refused(host_keys: HostKeys, vault: Vault, public: bytes) -> None:
    with pytest.raises(OperatorFault, match="hotline"):
        HostVault(host_keys, public)
    with pytest.raises(OperatorFault, match="lead"):
        vault.seal(public, TEXT, PLACE)


def test_a_lead_key_does_not_open_as_a_text(vault: Vault, opener: Opener) -> None:
    key = vault.new_lead_key("lead-1")
    with pytest.raises(OperatorFault):
        opener.open(vault.seal(key.public, TEXT, PLACE), "lead-1", key.wrapped, PLACE)


def test_nothing_shows_key_material(host_keys: HostKeys, vault: Vault, opener: Opener) -> None:
    shown = f"{host_keys!r} {vault!r} {opener!r} {vault.new_lead_key('lead-1')!r}"
    for secret in (host_keys.digests, host_keys.encryption):
        assert repr(secret)[2:-1] not in shown
        assert secret.hex() not in shown
    assert host_keys.id in repr(vault)
