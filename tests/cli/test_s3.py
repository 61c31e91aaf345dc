"""The same commands on a real S3 server: a bucket is opened once, then published to, read and taken back."""

import json
import secrets
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import SeaweedFS


@pytest.fixture
def bucket(here: Path, s3_environment: SeaweedFS) -> str:
    """A new bucket that nobody opened to listeners, and settings that name it."""
    name = s3_environment.make_bucket(f"pitches-{secrets.token_hex(4)}")
    address = s3_environment.endpoint_url
    (here / "pitchcast.toml").write_text(
        f'[show]\ntitle = "Cloud bills"\nhost = "Dana Reyes"\n'
        f'[storage]\nurl = "s3://{name}/dana"\nendpoint_url = "{address}"\n',
        encoding="utf-8",
    )
    return name


def test_a_pitch_in_a_bucket(bucket: str, pitchcast: Run, pitch_m4a: Path) -> None:
    planned = pitchcast("storage", "setup", "--yes", "--dry-run", "--json")
    assert planned.code == 0, planned.err
    assert planned.json["needed"] is True
    assert planned.json["changed"] is False
    done = pitchcast("storage", "setup", "--yes")
    assert done.code == 0, done.err
    assert "s3:GetObject" in done.err
    assert "s3:PutObject" in done.out
    assert pitchcast("storage", "setup", "--yes", "--json").json["needed"] is False

    published = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "-vv", "--json")
    assert published.code == 0, published.err
    (feed,) = published.json["feeds"]
    token = feed["page_url"].split("/")[-2]
    assert "urllib3.connectionpool: " in published.err
    assert f"{token[:4]}…" in published.err
    assert token not in published.err
    for address in (feed["page_url"], feed["feed_url"], feed["audio_url"]):
        assert urlopen(address).status == 200
    again = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12")
    assert again.out.strip() == feed["page_url"]
    assert "nothing changed" in again.err
    assert pitchcast("doctor").code == 0
    assert pitchcast("undo", "--yes").code == 0
    with pytest.raises(HTTPError):
        urlopen(feed["audio_url"])


def test_nothing_is_published_where_nobody_could_listen(bucket: str, pitchcast: Run, pitch_m4a: Path) -> None:
    """The link would be the last thing on the screen, and dead."""
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    assert done.code == 1
    assert "pitchcast storage setup" in done.json["error"]["hint"]
    assert "listeners cannot read public/" in done.json["error"]["message"]
    assert pitchcast("feeds", "list", "--json").json["error"]["kind"] == "catalog"


def test_nothing_personal_is_written_where_anybody_could_read_it(
    bucket: str, pitchcast: Run, pitch_m4a: Path, seaweedfs: SeaweedFS
) -> None:
    pitchcast("storage", "setup", "--yes", "--yes")
    assert pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json").code == 0
    name = bucket.removeprefix("s3://").partition("/")[0]
    everything = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    seaweedfs.client().put_bucket_policy(Bucket=name, Policy=policy)
    for words in (["prospects", "add", "Beta AG"], ["episodes", "edit", "new-recording-12", "--title", "New"]):
        done = pitchcast(*words, "--json")
        assert (done.code, done.json["error"]["kind"]) == (1, "not_private")
    assert pitchcast("undo", "--yes", "--json").code == 0, "taking away is always possible"


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        pytest.param({"AWS_SECRET_ACCESS_KEY": "wrong"}, "access_refused", 1, id="a wrong key"),
        pytest.param({"PITCHCAST_STORAGE_URL": "s3://no-such-bucket-here"}, "storage", 1, id="a missing bucket"),
    ],
)
def test_what_the_storage_refuses_is_said(
    bucket: str, pitchcast: Run, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], kind: str, code: int
) -> None:
    for name, value in change.items():
        monkeypatch.setenv(name, value)
    done = pitchcast("feeds", "list", "--json")
    assert done.code == code
    assert done.json["error"]["kind"] == kind
    assert done.json["error"]["hint"]


def test_a_folder_has_nothing_to_open(published: Path, pitchcast: Run) -> None:
    assert pitchcast("storage", "setup", "--yes", "--json").code == 1
