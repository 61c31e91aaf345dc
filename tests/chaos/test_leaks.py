"""Private means private: what anybody can read, and whatever pitchcast says, holds nobody else's secrets."""

import re
from pathlib import Path

import pytest

from pitchcast.cli.app import main
from pitchcast.config import load_settings
from pitchcast.model.layout import CATALOG, HISTORY, MASTERS, PENDING
from pitchcast.site.project import open_project
from tests.chaos.processes import get
from tests.fixtures.seaweedfs import SeaweedFS

PEOPLE = ("Acme Corp <jo@acme.example>", "Umbrella <ida@umbrella.example>")
ADDRESSES = ("jo@acme.example", "ida@umbrella.example")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3_environment: SeaweedFS) -> Path:
    name = s3_environment.make_bucket()
    (tmp_path / "pitchcast.toml").write_text(
        '[show]\ntitle = "Cloud bills"\nhost = "Dana Reyes"\nemail = "dana@seller.example"\n'
        f'[storage]\nurl = "s3://{name}/show"\nendpoint_url = "{s3_environment.endpoint_url}"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PITCHCAST_USER", "dana@laptop")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert main(["storage", "setup", "--yes", "-q"]) == 0
    return tmp_path


def test_nothing_leaks(
    here: Path, pitch_m4a: Path, s3_environment: SeaweedFS, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command after another at -vv, good ones and bad ones; then everything is read as anybody can."""
    capsys.readouterr()
    recording = str(pitch_m4a)
    to = [word for person in PEOPLE for word in ("--to", person)]
    commands = [
        ["publish", recording, *to, "--public", "--title", "Open pitch", "--yes"],
        ["publish", recording, "--again", "--to", "acme-corp", "--title", "Whisper for Acme", "--yes"],
        ["feeds", "rotate", "umbrella", "--yes"],
        ["feeds", "revoke", "acme-corp", "--yes"],
        ["publish", recording, "--to", "acme-corp", "--title", "Open pitch", "--yes"],
        ["feeds", "restore", "acme-corp", "--yes"],
        ["feeds", "check", "--all"],
        ["history", "list"],
        ["feeds", "rotate", "nobody", "--yes"],
    ]
    said = []
    for words in commands:
        main([*words, "--no-input", "-vv", "--json"])
        output = capsys.readouterr()
        said.append((words, output.out, output.err))
    project = open_project(load_settings(here, config=here / "pitchcast.toml", environ={}, user_config=None), {})
    catalog = project.catalog()
    tokens = {f.path for f in catalog.feeds if f.id != "public"} | {p for f in catalog.feeds for p in f.earlier_paths}
    tokens |= set(catalog.retired_paths)
    secrets = {*tokens, s3_environment.secret_key}
    assert len(tokens) >= 4
    for words, out, err in said:
        assert not [secret for secret in secrets if secret in err], words
        assert s3_environment.secret_key not in out
        if '"error"' in out:
            assert not [token for token in tokens if token in out], words
    logged = "".join(err for _, _, err in said)
    assert "urllib3" in logged, "what boto3 and its libraries log was shown"
    assert "…" in logged, "with tokens cut short"

    read = 0
    own = {feed.path: {feed.path} for feed in catalog.feeds}
    for info in project.bucket.list(""):
        status, body = get(project.bucket.addresses_of(info.key)[0])
        if info.key.startswith("private/"):
            assert status in (403, 404), info.key
            continue
        assert status == 200
        read += 1
        path = info.key.split("/")[1]
        text = body.decode("utf-8", errors="ignore")
        assert not [token for token in tokens - own.get(path, {path}) if token in text], f"{info.key[:12]}…"
        assert not [address for address in (*ADDRESSES, "dana@seller.example") if address in text], info.key[:12]
        if path == "cloud-bills":
            assert not re.search("Acme|Umbrella|Whisper", text), "a private name or title in the public feed"
    assert read > 8
    for prefix in (CATALOG, HISTORY, MASTERS, PENDING):
        assert all(get(project.bucket.addresses_of(i.key)[0])[0] in (403, 404) for i in project.bucket.list(prefix))
    assert all(get(address)[0] in (403, 404) for address in project.bucket.listing_addresses())
