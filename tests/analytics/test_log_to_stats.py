"""From a log on disk to figures, right after a publish and with no setting."""

from pathlib import Path

import pytest

from tests.fixtures.program import Run

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
OVERCAST = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
SLACK = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"


def a_line(address: str, time: str, path: str, status: int, sent: int, agent: str) -> str:
    return f'{address} - - [09/Sep/2026:{time} +0200] "GET /{path} HTTP/1.1" {status} {sent} "-" "{agent}"\n'


def test_a_log_becomes_figures(
    published: Path, pitchcast: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (audio,) = (published / "site/public").glob("*/*.mp3")
    token, size = audio.parent.name, audio.stat().st_size
    sound, page, call = f"{token}/{audio.name}", f"{token}/index.html", f"{token}/call.html"
    lines = [
        a_line("84.112.3.4", "10:00:00", page, 200, 35_000, CHROME),
        a_line("84.112.3.4", "10:00:20", sound, 206, size, CHROME),
        a_line("84.112.3.4", "10:01:20", call, 200, 9_000, CHROME),
        a_line("91.11.3.4", "11:00:20", sound, 200, size, OVERCAST),
        a_line("91.11.3.4", "11:00:50", sound, 200, size, OVERCAST),
        a_line("91.11.3.5", "11:00:20", sound, 200, size, "curl/8.0"),
        a_line("91.11.3.6", "11:00:20", page, 200, 35_000, SLACK),
    ]
    (published / "access.log").write_text("".join(lines), "utf-8")
    assert pitchcast("logs", "sync", "access.log").code == 0
    answer = pitchcast("stats", "--json").json
    counts = {name: answer[name] for name in ("downloads", "listeners", "plays", "page_opens", "cta_clicks")}
    assert counts == {"downloads": 2, "listeners": 2, "plays": 1, "page_opens": 1, "cta_clicks": 1}
    assert (answer["link_previews"], answer["first_day"]) == (1, "2026-09-09")
    assert [(one["id"], one["downloads"], one["cta_clicks"]) for one in answer["prospects"]] == [("acme-corp", 2, 1)]
    assert {one["rule"]: one["requests"] for one in answer["set_aside"]} == {"F5": 1}
    assert pitchcast("logs", "sync", "access.log").code == 0
    assert pitchcast("stats", "--json").json == answer
