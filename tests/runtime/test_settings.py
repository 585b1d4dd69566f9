from __future__ import annotations

import pytest

from slo_service.runtime.settings import SettingsRefused, is_loopback, read_settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "slo.example.com", "8.8.8.8"])
def test_an_address_others_can_reach_is_refused_without_sign_in(host: str) -> None:
    with pytest.raises(SettingsRefused, match=r"SLO_HOST: .* no sign-in yet; bind to 127.0.0.1"):
        read_settings(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_loopback_is_loopback_in_all_its_forms(host: str) -> None:
    assert is_loopback(host)


def test_all_mistakes_are_said_at_once_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_PORT", "hunter2")
    monkeypatch.setenv("SLO_TICK_SECONDS", "hunter3")
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    assert "SLO_PORT" in str(refused.value)
    assert "SLO_TICK_SECONDS" in str(refused.value)
    assert "hunter" not in str(refused.value)


def test_the_stores_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_STORE", "postgresql://slo:hunter2@127.0.0.1/slo")
    assert "hunter2" not in repr(read_settings())
