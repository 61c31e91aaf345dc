"""What strangers try with leads: news sent elsewhere, a name that calls everybody, a program that is not meant."""

from pathlib import Path

import msgspec

from pitchcast.model.answers.leads import NotifiedLeads
from pitchcast.workflows.leads_notify import render_slack
from tests.fixtures.program import Run


def test_have_news_sent_to_an_address_of_ones_own(published: Path, pitchcast: Run) -> None:
    settings = published / "pitchcast.toml"
    before = settings.read_text("utf-8")
    for lines in ("[notify]\nwebhook = {}\n", "[audience]\nwebhook = {}\n"):
        settings.write_text(before.replace("[audience]\n", "") + lines.format('"https://evil.example/SECRET"'), "utf-8")
        done = pitchcast("leads", "--notify")
        assert (done.code, "SECRET" in done.out + done.err) == (1, False)
        assert "notify" in done.err or "webhook" in done.err


def test_call_everybody_by_a_name() -> None:
    text = "1 lead with news\n<!channel> <https://evil.example|Acme> & Co: warm. " + "x" * 4000
    message = msgspec.json.decode(render_slack(NotifiedLeads(leads=(), waiting=0, text=text, until=None)))
    block = message["blocks"][1]["text"]["text"]
    assert block.startswith("&lt;!channel&gt; &lt;https://evil.example|Acme&gt; &amp; Co")
    assert "<" not in block
    assert len(block) <= 3000


def test_put_a_program_where_news_is_told_from(published: Path, pitchcast: Run) -> None:
    planted = published / "tell-the-team"
    planted.write_text("#!/bin/sh\ntouch ran\n")
    planted.chmod(0o755)
    assert pitchcast("leads", "--run", "tell-the-team").code == 2
    assert not (published / "ran").exists()
