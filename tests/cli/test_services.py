"""A pitch is published to services that differ, and what stands in the way is said: exit code and sentence."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.fixtures.certificates import make_authority
from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, Rule, proxy
from tests.storage.services import Ceph, Refusing, b2, old_minio, r2

Behind = Callable[..., None]


@pytest.fixture
def behind(here: Path, s3_environment: SeaweedFS, pitchcast: Run) -> Iterator[Behind]:
    """Return what opens a new bucket to listeners, and lets settings name it behind a proxy with some rules."""
    name = s3_environment.make_bucket(f"pitches-{secrets.token_hex(4)}")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/dana/public/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3_environment.client().put_bucket_policy(Bucket=name, Policy=policy)
    with ExitStack() as stack:

        def open_(*settings: str, **rules: object) -> None:
            url = stack.enter_context(proxy(s3_environment.endpoint_url, **rules))  # type: ignore[arg-type]
            storage = [f'url = "s3://{name}/dana"', f'endpoint_url = "{url}"', *settings]
            lines = ["[show]", 'title = "Cloud bills"', 'host = "Dana Reyes"', "[storage]", *storage]
            (here / "pitchcast.toml").write_text("\n".join(lines), encoding="utf-8")

        yield open_


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        pytest.param((), "Ceph", id="Ceph"),
        pytest.param((), old_minio, id="older MinIO"),
        pytest.param(('checksums = "when_required"', "single_writer = true"), b2, id="B2"),
    ],
)
def test_a_pitch_at_another_service(
    behind: Behind,
    s3_environment: SeaweedFS,
    pitchcast: Run,
    pitch_m4a: Path,
    settings: tuple[str, ...],
    rule: Rule | str,
) -> None:
    behind(*settings, before=Ceph(s3_environment.client()).before if rule == "Ceph" else rule)
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    assert done.code == 0, done.err
    assert urlopen(done.json["feeds"][0]["audio_url"]).status == 200
    checked = pitchcast("doctor", "--json")
    assert checked.code == 0, checked.out


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        pytest.param((), None, id="own CA"),
        pytest.param(('checksums = "when_required"',), r2, id="R2"),
    ],
)
def test_a_pitch_over_https(
    behind: Behind,
    pitchcast: Run,
    pitch_m4a: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: tuple[str, ...],
    rule: Rule | None,
) -> None:
    """The company's own certificate is trusted by both clients and by the look at one's own feed."""
    authority = make_authority(tmp_path)
    behind(*settings, before=rule, tls=authority.server)
    without = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    assert (without.code, without.json["error"]["kind"]) == (4, "storage_unavailable")
    assert "AWS_CA_BUNDLE" in without.json["error"]["hint"]
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    assert done.code == 0, done.err
    assert pitchcast("doctor", "--json").code == 0


@pytest.mark.parametrize(
    ("status", "code"), [(400, "InvalidArgument"), (501, "NotImplemented"), (403, "SignatureDoesNotMatch")]
)
def test_refused_checksums_are_named(behind: Behind, pitchcast: Run, pitch_m4a: Path, status: int, code: str) -> None:
    behind(before=Refusing(status, code))
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    assert done.code == 1
    assert 'checksums = "when_required"' in done.json["error"]["hint"]
    assert 'checksums = "when_required"' in pitchcast("doctor", "--json").out.replace('\\"', '"')


def log_in(exchange: Exchange) -> None:
    exchange.show(b"<html>Welcome, please log in</html>")


def hang(exchange: Exchange) -> None:
    exchange.silent = True


def lead_to_https(exchange: Exchange) -> None:
    exchange.redirect(301, f"https://{exchange.asked['host']}{exchange.path}")


@pytest.mark.parametrize("client", ["auto", "boto3"])
@pytest.mark.parametrize(
    ("rule", "code", "said"),
    [
        pytest.param(log_in, 4, "something else answers", id="log-in page"),
        pytest.param(hang, 4, "does not answer", id="silence"),
        pytest.param(lead_to_https, 1, 'endpoint_url = "https://127.0.0.1', id="https only"),
    ],
)
def test_what_stands_between_is_said(
    behind: Behind, pitchcast: Run, rule: Rule, code: int, said: str, client: str
) -> None:
    behind(f'client = "{client}"', "timeout = 1", before=rule)
    for words in (["feeds", "list"], ["history", "list"], ["prospects", "add", "Acme Corp"]):
        done = pitchcast(*words, "--json")
        error = done.json["error"]
        assert (done.code, said in f"{error['message']} {error['hint']}") == (code, True), error
        assert "damaged" not in done.out + done.err
        assert "backup" not in done.out + done.err


def test_a_look_that_meets_an_outage_ends_with_4(behind: Behind, pitchcast: Run, pitch_m4a: Path) -> None:
    """Nobody is told to open a bucket that is open."""

    def fail_listeners(exchange: Exchange) -> None:
        if "authorization" not in exchange.asked and exchange.method == "GET" and "/public/" in exchange.path:
            exchange.show(b"", 503, "text/plain")

    behind(before=fail_listeners)
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    assert done.code == 4
    assert "503" in done.json["error"]["message"]
    assert "storage setup" not in done.out
