from __future__ import annotations

from pathlib import Path

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


def test_a_list_that_is_not_json_is_refused_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLO_CLUSTERS", "main=hunter2")
    with pytest.raises(SettingsRefused, match="SLO_CLUSTERS: this is not JSON; write it like") as refused:
        read_settings()
    assert "hunter2" not in str(refused.value)


def test_secrets_may_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("postgresql://slo:hunter2@127.0.0.1/slo\n")
    (tmp_path / "clusters").write_text('{"main": {"bootstrap.servers": "127.0.0.1:9092"}}')
    (tmp_path / "password").write_text("hunter3\n")
    settings = read_settings(
        {
            "SLO_STORE_FILE": str(tmp_path / "store"),
            "SLO_CLUSTERS_FILE": str(tmp_path / "clusters"),
            "SLO_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
        }
    )
    assert settings.store.get_secret_value() == "postgresql://slo:hunter2@127.0.0.1/slo"
    assert settings.clusters == {"main": {"bootstrap.servers": "127.0.0.1:9092"}}
    assert settings.smtp.password.get_secret_value() == "hunter3"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsRefused, match="SLO_STORE_FILE: the file cannot be read"):
        read_settings({"SLO_STORE_FILE": "/nowhere/at/all"})
