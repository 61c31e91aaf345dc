"""``pitchcast join``: from ops' file to a salesperson who can publish."""

import os
import secrets
import stat
from pathlib import Path

import pytest

from pitchcast.storage.credentials import store_profile
from tests.cli.test_terminal import Terminal
from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import SeaweedFS


@pytest.fixture
def company(here: Path, s3_environment: SeaweedFS, pitchcast: Run) -> Path:
    """The set-up file that ``storage setup`` wrote for a new bucket, in a folder of ops'."""
    name = s3_environment.make_bucket(f"pitches-{secrets.token_hex(4)}")
    ops = here.parent / "ops"
    ops.mkdir()
    config = ops / "pitchcast.toml"
    config.write_text(
        f'[storage]\nurl = "s3://{name}/team"\nendpoint_url = "{s3_environment.endpoint_url}"\nprofile = ""\n',
        encoding="utf-8",
    )
    done = pitchcast("storage", "setup", "--yes", "--write-join", ops / "company.toml", "--config", config)
    assert done.code == 0, done.err
    return ops / "company.toml"


def test_a_script_brings_keys_in_the_environment(company: Path, here: Path, pitchcast: Run) -> None:
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in company.read_text(encoding="utf-8")
    planned = pitchcast("join", company, "--dry-run", "--json")
    assert planned.code == 0, planned.err
    assert planned.json["storage_url"].startswith("s3://pitches-")
    assert planned.json["endpoint_url"].startswith("http://127.0.0.1:")
    assert not list(here.iterdir())
    refused = pitchcast("join", company, "--json")
    assert refused.code == 2
    assert refused.json["error"]["hint"].endswith(f"pitchcast join {company} --json --yes")
    assert not list(here.iterdir())
    done = pitchcast("join", company, "--json", "--yes")
    assert done.code == 0, done.err
    assert {path.name for path in here.iterdir()} == {"company.toml", "pitchcast.toml"}
    assert 'extends = "company.toml"' in (here / "pitchcast.toml").read_text(encoding="utf-8")
    assert pitchcast("doctor").code == 0
    again = pitchcast("join", company)
    assert again.code == 1
    assert "is not overwritten" in again.err


def test_in_a_terminal_keys_are_asked_for_unseen_and_kept_as_a_profile(
    company: Path, here: Path, s3_environment: SeaweedFS, own_environment: dict[str, str]
) -> None:
    credentials = here.parent / "aws" / "credentials"
    environment = {
        **own_environment,
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_CONFIG_FILE": str(here / "none"),
    }
    credentials.parent.mkdir()
    credentials.write_text("# mine\n[default]\naws_access_key_id = x", encoding="utf-8")
    terminal = Terminal(["join", str(company)], here, environment)
    try:
        terminal.answer("told you of? [y/N] ", "y")
        terminal.answer("Access key: ", s3_environment.access_key)
        terminal.answer("Secret key: ", s3_environment.secret_key)
        code, out, screen = terminal.end()
    finally:
        terminal.close()
    assert code == 0, screen
    assert s3_environment.secret_key not in screen + out
    assert s3_environment.access_key not in screen + out
    text = credentials.read_text(encoding="utf-8")
    assert text.startswith("# mine\n[default]\naws_access_key_id = x\n\n[pitchcast]\n")
    assert s3_environment.secret_key in text
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert 'profile = "pitchcast"' in (here / "pitchcast.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('[storage]\nurl = "s3://abc/x"\nsecret_key = "x"\n', "credentials come only", id="a secret"),
        pytest.param('# AKIAABCDEFGHIJKLMNOP\n[storage]\nurl = "s3://abc"\n', "looks like a key", id="a key"),
        pytest.param('[show]\ntitle = "T"\n', "storage.url is missing", id="no storage"),
        pytest.param('[storage]\nurl = "s3://abc"\nwhat = 1\n', "unknown key", id="an unknown key"),
    ],
)
def test_a_file_that_cannot_be_is_refused(here: Path, pitchcast: Run, text: str, said: str) -> None:
    (here.parent / "bad.toml").write_text(text, encoding="utf-8")
    done = pitchcast("join", here.parent / "bad.toml")
    assert done.code == 1
    assert said in done.err
    assert not list(here.iterdir())


def test_other_profiles_stay_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    before = (
        "[a]\r\naws_access_key_id = 1\r\n\r\n[sales]\naws_access_key_id = old\nregion = eu\n"
        "aws_session_token = t\n[b]\nx=y\n"
    )
    path.write_bytes(before.encode())
    store_profile(path, "sales", "new", "secret")
    expected = before.replace("aws_access_key_id = old\n", "aws_access_key_id = new\naws_secret_access_key = secret\n")
    assert path.read_bytes().decode() == expected.replace("aws_session_token = t\n", "")
