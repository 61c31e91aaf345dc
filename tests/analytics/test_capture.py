"""A browser that plays a pitch, an app that asks for a part, and a program, against ``preview --log``: then read."""

import os
import stat
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from pitchcast.cli.app import main
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display
from pitchcast.cli.session import open_show
from pitchcast.errors import FileError
from pitchcast.site.project import Project
from pitchcast.workflows.preview import serve
from tests.fixtures.program import Run

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
PLAY = """async () => {
    const audio = document.querySelector("audio")
    await audio.play()
    while (audio.currentTime < 0.2) await new Promise((done) => setTimeout(done, 50))
}"""
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"


@pytest.fixture
def project(published: Path) -> Project:
    return open_show(Display(Common()))


@contextmanager
def previewing(project: Project, log: Path) -> Iterator[str]:
    with serve(project, port=0, log=lambda _line: None, access_log=log) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ask(url: str, **headers: str) -> bytes:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request) as answer:
        return bytes(answer.read())


def test_what_a_browser_and_an_app_did_is_read(project: Project, chromium: Browser, pitchcast: Run) -> None:
    log = Path("access.log")
    feed = project.catalog().feeds[0]
    with previewing(project, log) as url:
        page = chromium.new_page(user_agent=CHROME)
        page.goto(f"{url}/{feed.path}/index.html?via={feed.mark}")
        page.evaluate(PLAY)
        page.close()
        text = ask(f"{url}/{feed.path}/feed.xml", User_Agent=OVERCAST).decode()
        audio = text.partition('<enclosure url="')[2].partition('"')[0]
        ask(audio, User_Agent=OVERCAST, Range="bytes=100-199")
        ask(f"{url}/{feed.path}/index.html", User_Agent='curl/8.1 "é\\'.encode().decode("latin-1"))
    answer = pitchcast("logs", "sync", log, "--json")
    assert answer.code == 0, answer.err
    assert "tell prospects yet" in answer.err
    sums = answer.json["sums"]
    unreadable, dropped = sum(sums["unreadable"].values()), sum(sums["dropped"].values())
    assert sums["lines"] == sums["kept"] + sums["others"] + dropped == len(log.read_text().splitlines())
    assert unreadable == 0
    rows = stored_rows()
    seen = Counter((row["what"], row["kind"]) for row in rows)
    assert seen["page", "browser"] == seen["page", "program"] == seen["feed", "app"] == seen["audio", "app"] == 1
    assert seen["audio", "browser"] >= 1
    assert [row["via"] for row in rows if row["what"] == "page"].count(feed.mark) == 1
    part = next(row for row in rows if (row["what"], row["kind"]) == ("audio", "app"))
    assert (part["first"], part["last"], part["sent"]) == (100, 199, 100)
    assert {row["feed"] for row in rows} == {"acme-corp"}


def stored_rows() -> list[dict[str, Any]]:
    import polars

    requests = polars.read_parquet("site/private/analytics/requests/*/*.parquet")
    agents = polars.read_parquet("site/private/analytics/agents.parquet")
    return requests.join(agents, left_on="agent", right_on="id").to_dicts()


def test_the_log_is_new_and_its_owners_alone(project: Project) -> None:
    log = Path("access.log")
    with previewing(project, log):
        pass
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["text", "another server's log", "folder", "link", "binary"])
def test_what_is_no_log_of_preview_stays_and_the_hint_names_a_free_file(project: Project, kind: str) -> None:
    log = Path("access.log")
    content = {
        "text": b"mine\n",
        "another server's log": b'203.0.113.9 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-" "-"\n',
        "binary": b"\0" * 5000,
    }
    if kind == "folder":
        log.mkdir()
    elif kind == "link":
        log.symlink_to("elsewhere.log")
    else:
        log.write_bytes(content[kind])
    with pytest.raises(FileError) as refused:
        serve(project, port=0, log=lambda _line: None, access_log=log)
    assert refused.value.hint == "Name another file: pitchcast preview --log access-2.log"
    assert not Path("elsewhere.log").exists()
    if kind in content:
        assert log.read_bytes() == content[kind]


@pytest.mark.parametrize("begun", ["new", "empty", "cut off"])
def test_a_second_preview_goes_on_in_the_same_log_and_nothing_is_counted_twice(
    project: Project, pitchcast: Run, begun: str
) -> None:
    log = Path("access.log")
    feed = project.catalog().feeds[0]
    if begun == "empty":
        log.touch()
    counted = []
    for _ in range(3):
        with previewing(project, log) as url:
            ask(f"{url}/{feed.path}/index.html", User_Agent=CHROME)
        counted.append(len(log.read_bytes().splitlines()))
        assert pitchcast("logs", "sync", log).code == 0
        assert len([row for row in stored_rows() if row["what"] == "page"]) == len(counted)
        if begun == "cut off":
            with log.open("ab") as file:
                file.write(b"127.0.0.1 - - [01/Jan/20")
    assert counted == ([1, 3, 5] if begun == "cut off" else [1, 2, 3])
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_without_the_extra_the_one_line_is_named(published: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("pitchcast.analytics.extra.find_spec", lambda name: None if name == "duckdb" else name)
    assert main(["logs", "sync", "access.log"]) == 1
    said = capsys.readouterr().err
    assert "needs packages that are not installed: duckdb" in said
    assert "install pitchcast[stats]" in said.replace('"', "")
