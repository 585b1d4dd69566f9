"""Secrets that somebody wrote out where a setting belongs."""

import pytest

from slo_service.definitions import load_folder
from slo_service.definitions.secrets import COVER, WITHHELD

PLANTED = "planted-Kq7vX2"
CONTACT = """apiVersion: slo-service/v1
kind: Contact
metadata: {name: ops}
spec: {channels: [CHANNEL]}
"""


def shown(folder, channel, env=None):
    (folder / "a.yaml").write_text(CONTACT.replace("CHANNEL", channel))
    loaded = load_folder([folder], env or {})
    assert loaded.catalogue is not None, loaded.findings
    warned = [finding for finding in loaded.findings if finding.code == "W527"]
    assert PLANTED not in f"{loaded!r}{[str(finding) for finding in loaded.findings]}"
    return loaded.catalogue.documents[0].text, warned


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(f'webhook: {{url: "http://127.0.0.1/", secret: {PLANTED}}}', id="under a key that says so"),
        pytest.param(f'webhook: {{url: "https://me:{PLANTED}@example.com/"}}', id="the password of an address"),
        pytest.param(f'webhook: {{url: "https://example.com/?token={PLANTED}"}}', id="in the query of an address"),
        pytest.param(
            f'webhook: {{url: "http://127.0.0.1/", headers: {{X: "Bearer {PLANTED}"}}}}', id="in a header of any name"
        ),
        pytest.param(f'webhook: {{url: "http://127.0.0.1/", headers: {{Authorization: {PLANTED}}}}}', id="a header"),
        pytest.param(f'slack: {{webhook: {{url: "https://hooks.slack.com/services/{PLANTED}"}}}}', id="a hook's path"),
    ],
)
def test_a_secret_that_is_written_out_is_warned_of_and_shown_nowhere(tmp_path, channel):
    text, warned = shown(tmp_path, f"{{{channel}}}")
    assert len(warned) == 1
    assert warned[0].line == 4
    assert PLANTED not in text
    assert COVER in text
    assert "kind: Contact" in text


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param('{webhook: {url: "${URL}", secret: "${SECRET}"}}', id="settings"),
        pytest.param('{webhook: {url: "http://me:${SECRET}@127.0.0.1/"}}', id="a setting within an address"),
        pytest.param('{webhook: {url: "http://127.0.0.1/token/x?page=2"}}', id="an address that only says token"),
        pytest.param('{webhook: {url: "http://127.0.0.1/", headers: {token-url: abc}}}', id="where a token is had"),
    ],
)
def test_what_comes_from_settings_or_is_no_secret_is_not_warned_of(tmp_path, channel):
    text, warned = shown(tmp_path, channel, {"URL": "http://127.0.0.1/", "SECRET": PLANTED})
    assert not warned
    assert COVER not in text


def test_a_document_whose_secret_cannot_be_covered_is_not_shown_at_all(tmp_path):
    escaped = PLANTED.replace("-", "\\x2d")
    text, warned = shown(tmp_path, f'{{webhook: {{url: "http://127.0.0.1/", secret: "{escaped}"}}}}')
    assert warned
    assert text == WITHHELD


def test_a_secret_that_is_there_twice_is_covered_twice(tmp_path):
    hook = f'{{webhook: {{url: "http://127.0.0.1/", secret: {PLANTED}}}}}'
    text, warned = shown(tmp_path, f"{hook}, {hook}")
    assert len(warned) == 2
    assert text.count(COVER) == 2
