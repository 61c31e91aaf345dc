"""The recipe of docs/ops.md for backups: each of its commands is run, and the show comes back as it was."""

import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.test_commands import EPISODE
from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import SeaweedFS

OPS = Path(__file__).parents[2] / "docs" / "ops.md"


def recipe() -> list[list[str]]:
    """Return the commands of each block: make the remote, back up, restore."""
    chapter = OPS.read_text(encoding="utf-8").partition("## Backing up and restoring")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", chapter, re.DOTALL)
    return [[line.removeprefix("$ ") for line in block.splitlines()] for block in blocks]


@pytest.fixture
def ops(published: Path, s3_environment: SeaweedFS, pitchcast: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of whoever backs up: a show in a bucket of its own, and rclone with settings of its own."""
    rclone = shutil.which("rclone")
    assert rclone, "rclone is missing: apt-get install rclone, or https://rclone.org/install"
    bucket = s3_environment.make_bucket(f"pitches-{secrets.token_hex(4)}")
    monkeypatch.setenv("RCLONE_CONFIG", str(published.parent / "rclone.conf"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{Path(rclone).parent}:/usr/bin:/bin")
    to = ("--endpoint-url", s3_environment.endpoint_url)
    config = published.parent / "new" / "pitchcast.toml"
    config.parent.mkdir()
    text = f'[storage]\nurl = "s3://{bucket}/cloud-bills"\nendpoint_url = "{s3_environment.endpoint_url}"\n'
    config.write_text(text, encoding="utf-8")
    assert pitchcast("storage", "setup", "--yes", "--config", config).code == 0
    moved = pitchcast("move", f"s3://{bucket}/cloud-bills", *to, "--yes")
    assert moved.code == 0, moved.err
    return published


def test_a_show_comes_back_from_its_backup(ops: Path, s3_environment: SeaweedFS, pitchcast: Run) -> None:
    make_remote, back_up, restore = recipe()
    where = re.search(r'url = "s3://([^"/]+)/cloud-bills"', (ops / "pitchcast.toml").read_text(encoding="utf-8"))
    assert where
    people = "id,name,tags\n1,Jo Doe,eu\n2,Ana Roe,eu\n"
    (ops / "people.csv").write_text(people, encoding="utf-8")
    assert pitchcast("prospects", "import", "people.csv", "-q").code == 0
    assert pitchcast("episodes", "deliver", EPISODE, "--segment", "eu", "--yes", "-q").code == 0
    assert pitchcast("feeds", "revoke", "jo-doe", "--yes").code == 0
    client = s3_environment.client()

    def objects(half: str) -> dict[str, bytes]:
        found = client.list_objects_v2(Bucket=where[1], Prefix=f"cloud-bills/{half}").get("Contents", [])
        return {one["Key"]: client.get_object(Bucket=where[1], Key=one["Key"])["Body"].read() for one in found}

    run([*make_remote, *back_up], where[1], s3_environment.endpoint_url, ops)
    assert pitchcast("prospects", "add", "Wei Li", "-q").code == 0
    before, public = pitchcast("feeds", "list", "--json").json, objects("public/")
    run(back_up, where[1], s3_environment.endpoint_url, ops)
    for key in objects(""):
        client.delete_object(Bucket=where[1], Key=key)
    client.delete_bucket_policy(Bucket=where[1])
    assert pitchcast("doctor").code == 1, "the show is gone"
    run(restore, where[1], s3_environment.endpoint_url, ops)
    assert pitchcast("feeds", "list", "--json").json == before
    assert objects("public/") == public
    wrong = [one for one in pitchcast("doctor", "--json").json["findings"] if one["level"] == "error"]
    assert wrong == []


def run(commands: Sequence[str], bucket: str, endpoint_url: str, folder: Path) -> None:
    """Run commands of the recipe with the bucket, service and folder of this test."""
    for command in commands:
        words = shlex.split(
            command.replace("storage:pitches/", f"storage:{bucket}/")
            .replace("https://s3.example.com", endpoint_url)
            .replace("/srv/backup", str(folder / "backup"))
        )
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
