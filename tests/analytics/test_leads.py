"""``pitchcast leads`` on a show whose logs were read: the list, the lines behind it, and what is told of it."""

import gzip
import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pitchcast.errors import PartlyDone, StorageUnavailable
from pitchcast.model.place import Address
from pitchcast.storage.connect import open_bucket
from pitchcast.storage.posting import post_json
from pitchcast.upkeep.analytics.told import Telling, claim, read_told
from tests.cli.test_schemas import check
from tests.fixtures.access_log import CHROME, AccessLog, a_busy_log, a_log
from tests.fixtures.program import Run, stored
from tests.fixtures.projects import a_project
from tests.fixtures.seaweedfs import StorageUnderTest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own for what is kept on this computer."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def busy(published: Path, pitchcast: Run) -> AccessLog:
    """A show in which somebody played, tapped and passed the link on, and whose log was read."""
    log = a_busy_log(published, pitchcast)
    assert pitchcast("logs", "sync", log.file).code == 0
    return log


def the_lead(pitchcast: Run, *options: str) -> Any:
    (lead,) = pitchcast("leads", "--json", *options).json["leads"]
    return lead


def test_without_a_log_it_says_what_to_do_first(published: Path, pitchcast: Run) -> None:
    done = pitchcast("leads")
    assert (done.code, "pitchcast logs sync FILE" in done.err) == (1, True)


def test_the_answer_has_the_promised_names_and_every_reason_its_lines(busy: AccessLog, pitchcast: Run) -> None:
    lead = the_lead(pitchcast)
    assert (lead["prospect"], lead["band"]) == ("acme-corp", "call today")
    assert [reason["kind"] for reason in lead["reasons"]] == ["tap", "passed on", "play", "open", "open"]
    assert lead["score"] == round(sum(reason["points"] for reason in lead["reasons"]), 1)
    assert 55 < lead["score"] < 64
    assert lead["since"] == min(reason["at"] for reason in lead["reasons"])
    for reason in lead["reasons"]:
        assert reason["lines"]
        assert {line["log"] for line in reason["lines"]} == {str(busy.file)}
        assert reason["why"]


def test_the_list_says_what_to_do_until_when_it_was_seen_and_claims_nothing(busy: AccessLog, pitchcast: Run) -> None:
    done = pitchcast("leads")
    assert "Call today, new since you last looked" in done.out
    assert "Acme Corp: call today. Pressed play on ‘New Recording 12’" in done.out
    assert "Ask who else should hear it." in done.out
    assert re.search(r"seen until \w+ \d+ \w+ \d\d:\d\d UTC", done.err)
    assert not re.search(r"heard |completed|listened|minutes|%|just now", done.out + done.err)


def test_where_nobody_is_to_be_called_the_nearest_are_named(published: Path, pitchcast: Run) -> None:
    names = ["Beta AG", "Zeta Ltd", "Delta Inc"]
    for name in names:
        assert pitchcast("publish", "New Recording 12.m4a", "--to", name).code == 0
    for number, who in enumerate(("acme-corp", "beta-ag", "zeta-ltd", "delta-inc")):
        log = a_log(published, pitchcast, who)
        log.add("index.html", 10 + 0.01 * number)  # so close that their points are the same: who was last is first
        assert pitchcast("logs", "sync", log.file).code == 0
    done = pitchcast("leads")
    assert "Nobody to call today." in done.out
    nearest = re.findall(r"^  ([\d.]+)  (.*?): ", done.out, re.MULTILINE)
    assert [name for _, name in nearest] == ["Acme Corp", "Beta AG", "Zeta Ltd"]
    assert [float(points) for points, _ in nearest] == sorted((float(points) for points, _ in nearest), reverse=True)
    assert "1 more prospect with fewer points" in done.err
    assert "pitchcast leads --explain acme-corp" in done.out


def test_explained_lines_are_those_of_the_log(busy: AccessLog, pitchcast: Run) -> None:
    explained = pitchcast("leads", "--explain", "Acme", "--json").json
    check("leads --explain", explained)
    lead = explained["lead"]
    lines = {reason["kind"]: reason["lines"][0]["line"] for reason in lead["reasons"]}
    assert lines["play"] == busy.lines[1]
    assert lines["tap"] == busy.lines[3]
    assert lines["passed on"] == busy.lines[4]
    told = pitchcast("leads", "--explain", "Acme").out
    assert busy.lines[3] in told
    busy.file.unlink()
    gone = pitchcast("leads", "--explain", "Acme", "--json").json
    assert gone["unread"] == [str(busy.file)]
    assert {line["line"] for reason in gone["lead"]["reasons"] for line in reason["lines"]} == {""}


@pytest.mark.parametrize("form", ["s3", "s3 with quotes in the request", "cloudflare"])
def test_lines_of_other_logs_are_found_too(published: Path, pitchcast: Run, form: str) -> None:
    """A line of Amazon S3 that takes a close look, and those of logs whose lines have ids."""
    log = a_log(published, pitchcast)
    moment = datetime.now(UTC) - timedelta(hours=5)
    if form == "cloudflare":
        line = json.dumps(
            {
                "ClientIP": "81.2.69.142",
                "ClientRequestMethod": "GET",
                "ClientRequestHost": "127.0.0.1:8760",
                "ClientRequestURI": f"/{log.folder.name}/index.html",
                "ClientRequestUserAgent": CHROME,
                "ClientRequestSource": "eyeball",
                "EdgeResponseStatus": 200,
                "EdgeResponseBodyBytes": 900,
                "EdgeResponseBytes": 1000,
                "EdgeStartTimestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                "RayID": "8a00",
                "ClientRequestReferer": "",
            },
            separators=(",", ":"),
        )
    else:
        path = f"public/{log.folder.name}/index.html"
        query = '?say="hello"' if "quote" in form else ""
        line = (
            f"79a5 pitches [{moment:%d/%b/%Y:%H:%M:%S +0000}] 81.2.69.142 - 3E57 REST.GET.OBJECT "
            f'{path} "GET /pitches/{path}{query} HTTP/1.1" 200 - '
            f'900 900 70 10 "-" "{CHROME}" - s9lz= - TLS_AES_128_GCM_SHA256 - h.s3.eu.amazonaws.com TLSv1.3 - -'
        )
    log.file.write_text(f"{line}\n", encoding="utf-8")
    assert pitchcast("logs", "sync", log.file, "--json").json["sums"]["kept"] == 1
    explained = pitchcast("leads", "--explain", "acme-corp", "--json")
    assert explained.code == 0, explained.err
    lead = explained.json["lead"]
    assert [one["line"] for reason in lead["reasons"] for one in reason["lines"]] == [line]


def test_what_is_new_stands_on_top_once(busy: AccessLog, published: Path, pitchcast: Run) -> None:
    pitchcast("leads")
    assert "new since" not in pitchcast("leads").out
    assert pitchcast("episodes", "deliver", "New Recording 12", "--to", "Beta Ltd").code == 0
    later = a_log(published, pitchcast, "beta-ltd")
    later.add("index.html", 3)
    later.add(later.audio, 2.9)
    later.add("call.html", 2.8)
    pitchcast("logs", "sync", later.file)
    out = pitchcast("leads").out
    assert out.index("Beta Ltd") < out.index("Acme Corp")
    assert [lead["new"] for lead in pitchcast("leads", "--json").json["leads"]] == [False, False]


def test_points_and_bands_are_settings(busy: AccessLog, published: Path, pitchcast: Run) -> None:
    settings = published / "pitchcast.toml"
    changed = "[audience]\npoints_tap = 0\npoints_passed_on = 0\nwarm = 5\n"
    settings.write_text(settings.read_text("utf-8").replace("[audience]\n", changed, 1), encoding="utf-8")
    lead = the_lead(pitchcast)
    assert [reason["kind"] for reason in lead["reasons"]] == ["play", "open", "open"]
    assert lead["band"] == "warm"


@pytest.mark.parametrize(
    "options",
    [
        ("--explain", "Acme", "--notify"),
        ("--export", "hubspot"),
        ("--export", "pipedrive", "-o", "x"),
        ("-o", "x"),
        ("--export", "csv", "-o", "x", "--campaign", "701xx0000000001"),
        ("--export", "csv", "-o", "x", "--all", "--since", "7d"),
        ("--run", "no-such-program-anywhere"),
        ("--run", "'"),
    ],
)
def test_what_cannot_be_meant_is_refused(busy: AccessLog, pitchcast: Run, options: tuple[str, ...]) -> None:
    assert pitchcast("leads", *options).code == 2


# ---- telling


@dataclass
class Receiver:
    """A server as Slack's: it answers each request with the next of ``answers``, and 200 after them; 0 is nothing."""

    answers: list[int] = field(default_factory=list)
    got: list[Any] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status = told.answers.pop(0) if told.answers else 200
            if status == 1:
                time.sleep(3)
            if status < 100:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/services/T0/SECRET"
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhook(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv("PITCHCAST_WEBHOOK", receiver.url)
    return receiver


def test_news_is_told_once(busy: AccessLog, pitchcast: Run, webhook: Receiver) -> None:
    dry = pitchcast("leads", "--notify", "--dry-run", "--json").json
    check("leads --notify", dry)
    assert (len(dry["leads"]), webhook.got) == (1, [])
    done = pitchcast("leads", "--notify", "-vv")
    assert done.code == 0
    assert "SECRET" not in done.out + done.err
    (message,) = webhook.got
    assert "seen until" in message["text"]
    assert 0 < len(message["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in message["blocks"])
    assert "Acme Corp: call today." in message["blocks"][1]["text"]["text"]
    assert "Nothing new" in pitchcast("leads", "--notify").out
    assert len(webhook.got) == 1
    assert {one["told"] for one in the_lead(pitchcast)["reasons"] if one["kind"] != "open"} == {"told"}
    busy.add("call.html", 1)
    pitchcast("logs", "sync", busy.file)
    later = pitchcast("leads", "--notify", "--json").json
    assert "tap" in [reason["kind"] for reason in later["leads"][0]["reasons"]]
    assert "passed on" not in [reason["kind"] for reason in later["leads"][0]["reasons"]]
    assert len(webhook.got) == 2


@pytest.mark.parametrize("answer", [500, 429, 302, 0], ids=["500", "429", "elsewhere", "nothing"])
def test_what_may_have_arrived_is_never_told_again(
    busy: AccessLog, pitchcast: Run, webhook: Receiver, answer: int
) -> None:
    webhook.answers.append(answer)
    failed = pitchcast("leads", "--notify")
    assert failed.code == 3
    assert "SECRET" not in failed.out + failed.err
    assert pitchcast("leads", "--notify").code == 0
    assert len(webhook.got) == 1
    assert "perhaps told" in pitchcast("leads").out


def test_no_answer_in_time_is_perhaps_told(receiver: Receiver) -> None:
    receiver.answers.append(1)
    with pytest.raises(PartlyDone):
        post_json(receiver.url, b"{}", patience_s=0.2)


def test_what_certainly_did_not_arrive_is_told_by_the_next_run(
    busy: AccessLog, pitchcast: Run, receiver: Receiver, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITCHCAST_WEBHOOK", f"http://127.0.0.1:{free_port}/SECRET")
    failed = pitchcast("leads", "--notify")
    assert failed.code == 4
    assert "SECRET" not in failed.out + failed.err
    monkeypatch.setenv("PITCHCAST_WEBHOOK", receiver.url)
    assert pitchcast("leads", "--notify").code == 0
    assert len(receiver.got) == 1


def test_two_computers_tell_an_event_once(busy: AccessLog, published: Path, program: Run, receiver: Receiver) -> None:
    def notify(number: int) -> int:
        home = published / f"cache-{number}"
        return program(
            "leads", "--notify", cwd=published, PITCHCAST_WEBHOOK=receiver.url, XDG_CACHE_HOME=str(home)
        ).code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(notify, range(2))) == [0, 0]
    assert len(receiver.got) == 1


def test_every_claim_is_one_runs(any_storage: StorageUnderTest) -> None:
    """Six at once claim the same events: each event is told by exactly one of them."""
    now = datetime.now(UTC).replace(microsecond=0)
    events = [f"{number:016x}" for number in range(20)]

    def tell(run: str) -> frozenset[str]:
        wanted = {event: Telling(feed="acme-corp", run=run, at=now) for event in events}
        bucket = a_project(any_storage).bucket
        return claim(bucket, wanted, known={"acme-corp"}, forget_before=now - timedelta(days=9))

    with ThreadPoolExecutor(6) as pool:
        claimed = list(pool.map(tell, "abcdef"))
    assert sorted(event for one in claimed for event in one) == events
    assert not any(one.sent for one in read_told(a_project(any_storage).bucket).values())


def test_what_was_claimed_by_somebody_who_died_is_perhaps_told(
    busy: AccessLog, published: Path, pitchcast: Run, webhook: Receiver
) -> None:
    reasons = the_lead(pitchcast)["reasons"]
    now = datetime.now(UTC).replace(microsecond=0)
    wanted = {one["event"]: Telling(feed="acme-corp", run="dead", at=now) for one in reasons}
    bucket = open_bucket(Address(url=str(published / "site")))
    claim(bucket, wanted, known={"acme-corp"}, forget_before=now - timedelta(days=9))
    assert pitchcast("leads", "--notify").code == 0
    assert webhook.got == []
    assert {one["told"] for one in the_lead(pitchcast)["reasons"]} == {"perhaps told"}


def test_a_command_reads_the_news(busy: AccessLog, published: Path, pitchcast: Run) -> None:
    script = published / "tell"
    script.write_text("#!/bin/sh\ncat > news.json\nexit $1\n")
    script.chmod(0o755)
    assert pitchcast("leads", "--run", "./tell 5").code == 3
    news = json.loads((published / "news.json").read_text("utf-8"))
    assert [lead["prospect"] for lead in news["leads"]] == ["acme-corp"]
    assert pitchcast("leads", "--run", "./tell 0").out.strip() == "Nothing new to tell."


def test_the_webhook_may_be_in_ones_own_settings_and_in_no_show_s(
    busy: AccessLog, published: Path, pitchcast: Run, receiver: Receiver
) -> None:
    from pitchcast.config import user_config_path

    assert pitchcast("leads", "--notify").code == 1
    own = user_config_path()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(f'[notify]\nwebhook = "{receiver.url}"\n', encoding="utf-8")
    assert pitchcast("leads", "--notify").code == 0
    assert len(receiver.got) == 1
    own.write_text('[notify]\nwebhook = "http://hooks.slack.example/SECRET"\n', encoding="utf-8")
    for section in ("[notify]", "[storage]"):
        refused = pitchcast("leads", "--notify")
        assert refused.code == 1
        assert "SECRET" not in refused.out + refused.err
        (published / "pitchcast.toml").write_text(f'{section}\nwebhook = "https://hooks.slack.example/SECRET"\n')


def test_who_is_removed_is_forgotten_in_what_was_told_and_exported(
    busy: AccessLog, published: Path, pitchcast: Run, webhook: Receiver
) -> None:
    pitchcast("leads", "--notify")
    pitchcast("leads", "--export", "csv", "-o", "lists")
    notes = [published / f"site/private/analytics/{name}.json.gz" for name in ("told", "exported")]
    assert all(b"acme" in gzip.decompress(note.read_bytes()) for note in notes)
    pitchcast("prospects", "remove", "acme-corp", "--purge-history", "--yes")
    assert not any(b"acme" in gzip.decompress(note.read_bytes()) for note in notes)


def test_nothing_of_a_plain_look_is_written_to_the_show(busy: AccessLog, published: Path, pitchcast: Run) -> None:
    before = stored(published / "site")
    pitchcast("leads")
    pitchcast("leads", "--explain", "Acme")
    assert stored(published / "site") == before


def test_an_address_without_https_gets_nothing() -> None:
    with pytest.raises(StorageUnavailable):
        post_json("http://hooks.slack.example/SECRET", b"{}")
