"""``pitchcast join``: from ops' file to a salesperson who can publish."""

import os
import secrets
import stat
from pathlib import Path

import pytest

from pitchcast.storage.credentials import store_profile
from tests.cli.test_terminal import Terminal
from tests.fixtures.program import Run, stored
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
    before = stored(here)
    again = pitchcast("join", company, "--yes")
    assert again.code == 0, again.err
    assert stored(here) == before


def test_what_the_doctor_finds_is_no_failure_of_joining(here: Path, s3_environment: SeaweedFS, pitchcast: Run) -> None:
    """Ops have not opened the bucket yet: joined is joined, and a script that goes by the exit code goes on."""
    url = f"s3://{s3_environment.make_bucket(f'closed-{secrets.token_hex(4)}')}/team"
    text = f'[storage]\nurl = "{url}"\nendpoint_url = "{s3_environment.endpoint_url}"\n'
    (here.parent / "closed.toml").write_text(text, encoding="utf-8")
    done = pitchcast("join", here.parent / "closed.toml", "--yes", "--json")
    assert done.code == 0, done.err
    assert "error" in [finding["level"] for finding in done.json["findings"]]
    assert (here / "pitchcast.toml").exists()
    assert pitchcast("doctor").code == 1


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
        terminal.wait_for("They fit, and are kept in")
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


@pytest.fixture
def local(published: Path, company: Path) -> Path:
    """A folder with a show on this computer, beside ops' set-up file."""
    assert company.exists()
    return published


def test_a_script_says_that_a_show_is_to_come_along(local: Path, company: Path, pitchcast: Run) -> None:
    before, link = stored(local), pitchcast("link", "acme-corp").out
    refused = pitchcast("join", company, "--yes", "--json")
    assert refused.code == 2
    assert refused.json["error"]["hint"].endswith(f"pitchcast join {company} --yes --json --bring-along")
    assert stored(local) == before
    done = pitchcast("join", company, "--yes", "--json", "--bring-along")
    assert (done.code, done.json["brought_along"]) == (0, 1), done.err
    now = pitchcast("link", "acme-corp").out
    assert now.startswith("http://127.0.0.1:")
    assert now.split("/")[-2] == link.split("/")[-2]
    again = pitchcast("join", company, "--yes", "--json", "--bring-along")
    assert (again.code, again.json["brought_along"]) == (0, 0), again.err


def test_ops_file_is_all_that_a_move_needs(local: Path, company: Path, pitchcast: Run) -> None:
    done = pitchcast("move", company, "--yes", "--json")
    assert (done.code, done.json["brought_along"]) == (0, 1), done.err
    assert 'extends = "company.toml"' in (local / "pitchcast.toml").read_text(encoding="utf-8")


def test_what_ops_lock_goes_out_of_ones_own_settings(local: Path, company: Path, pitchcast: Run) -> None:
    text = company.read_text(encoding="utf-8")
    company.write_text(f'locked = ["show.title", "audio"]\n{text}\n[show]\ntitle = "Team"\n', encoding="utf-8")
    own = local / "pitchcast.toml"
    own.write_text(own.read_text(encoding="utf-8").replace("[audio]\n", "[audio]\nbitrate = 128\n"), encoding="utf-8")
    done = pitchcast("join", company, "--yes", "--json", "--bring-along")
    assert done.code == 0, done.err
    assert "\nbitrate" not in own.read_text(encoding="utf-8")
    assert pitchcast("show", "show", "--json").code == 0


def test_a_show_stays_where_another_one_is_there_already(
    local: Path, company: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = local.parent / "team"
    team.mkdir()
    monkeypatch.chdir(team)
    assert pitchcast("join", company, "--yes").code == 0
    assert pitchcast("publish", local / "New Recording 12.m4a", "--to", "Globex", "--title", "Another").code == 0
    monkeypatch.chdir(local)
    before = stored(local)
    done = pitchcast("join", company, "--yes", "--bring-along", "--json")
    assert done.code == 1
    assert "your show cannot come along" in done.json["error"]["message"]
    assert "holds another show" in done.json["error"]["message"]
    assert stored(local) == before


def test_keys_that_nobody_could_try_are_not_kept(here: Path, own_environment: dict[str, str], free_port: int) -> None:
    (here / "company.toml").write_text(
        f'[storage]\nurl = "s3://pitches/team"\nendpoint_url = "http://127.0.0.1:{free_port}"\n', encoding="utf-8"
    )
    terminal = Terminal(["join", "company.toml"], here, {**own_environment, "AWS_EC2_METADATA_DISABLED": "true"})
    try:
        terminal.answer("told you of? [y/N] ", "y")
        terminal.answer("Access key: ", "some")
        terminal.answer("Secret key: ", "thing")
        terminal.wait_for("The keys could not be tried")
        terminal.answer("Try the same keys again? [Y/n] ", "n")
        code, _, screen = terminal.end()
    finally:
        terminal.close()
    assert code == 4, screen
    assert list(stored(here)) == ["company.toml"]
    assert not (Path(own_environment["HOME"]) / ".aws").exists()


def test_refused_keys_of_another_show_stay(
    company: Path, here: Path, s3_environment: SeaweedFS, own_environment: dict[str, str]
) -> None:
    """A profile of that name may hold the keys of another service: it is not overwritten by joining here."""
    credentials = Path(own_environment["HOME"]) / ".aws" / "credentials"
    credentials.parent.mkdir()
    others = "[pitchcast]\naws_access_key_id = other\naws_secret_access_key = service\n"
    credentials.write_text(others, encoding="utf-8")
    terminal = Terminal(["join", str(company)], here, own_environment)
    try:
        terminal.answer("told you of? [y/N] ", "y")
        terminal.answer("Type new ones? [Y/n] ", "")
        terminal.answer("Access key: ", s3_environment.access_key)
        terminal.answer("Secret key: ", s3_environment.secret_key)
        code, _, screen = terminal.end()
    finally:
        terminal.close()
    assert code == 0, screen
    assert credentials.read_text(encoding="utf-8").startswith(others)
    assert 'profile = "pitchcast-pitches-' in (here / "pitchcast.toml").read_text(encoding="utf-8")
