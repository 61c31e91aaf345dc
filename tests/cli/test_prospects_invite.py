"""Passing a podcast on, and showing a link as a QR code, from the command line."""

from pathlib import Path

import zxingcpp
from PIL import Image

from tests.fixtures.program import Run, stored

MODULE_PX = 4
HALVES = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}


def test_a_colleague_gets_a_link_and_the_tree_shows_it(published: Path, pitchcast: Run) -> None:
    done = pitchcast("prospects", "invite", "Sam Lee", "--by", "Acme Corp")
    assert done.code == 0, done.err
    link = done.out.strip()
    assert link == pitchcast("link", "acme-corp.2").out.strip() != pitchcast("link", "acme-corp").out.strip()
    assert link.split("/")[3] not in done.err
    assert "Sam Lee" in (published / "site/public" / link.split("/")[3] / "index.html").read_text(encoding="utf-8")
    again = pitchcast("prospects", "invite", "sam lee", "--by", "acme-corp")
    assert (again.out.strip(), "Invited before" in again.err) == (link, True)
    spare = pitchcast("prospects", "invite", "--by", "acme-corp.2", "--spare", "2", "--json").json
    assert [(feed["id"], feed["parent"], feed["name"]) for feed in spare["feeds"]] == [
        ("acme-corp.3", "acme-corp.2", ""),
        ("acme-corp.4", "acme-corp.2", ""),
    ]
    shown = pitchcast("prospects", "show", "acme-corp").out
    assert shown.partition("passed on\n")[2].splitlines() == [
        "  └─ Sam Lee (acme-corp.2)",
        "     ├─ spare (acme-corp.3)",
        "     └─ spare (acme-corp.4)",
    ]
    assert len(pitchcast("prospects", "list", "--json").json["prospects"][0]["invited"]) == 3
    assert "Sam Lee (passed on from Acme Corp) (acme-corp.2)" in pitchcast("feeds", "list").out
    assert pitchcast("doctor").code == 0


def test_who_is_to_be_invited_must_be_said(published: Path, pitchcast: Run) -> None:
    assert pitchcast("prospects", "invite", "--by", "acme-corp").code == 2
    assert pitchcast("prospects", "invite", "Sam <sam@acme.example>", "--by", "acme-corp").code == 2
    assert pitchcast("prospects", "invite", "Sam", "--by", "nobody").code == 1
    before = stored(published)
    assert "Would pass on acme-corp" in pitchcast("prospects", "invite", "Sam", "--by", "acme-corp", "--dry-run").out
    assert stored(published) == before


def test_a_script_says_what_becomes_of_children(published: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "invite", "Sam Lee", "--by", "acme-corp")
    refused = pitchcast("feeds", "revoke", "--yes", "acme-corp", "--json")
    assert refused.code == 2
    assert "--with-children" in refused.json["error"]["hint"]
    done = pitchcast("feeds", "revoke", "--yes", "acme-corp", "--with-children", "--json")
    assert [feed["id"] for feed in done.json["feeds"]] == ["acme-corp", "acme-corp.2"]
    assert "Sam Lee (acme-corp.2, revoked)" in pitchcast("prospects", "show", "acme-corp").out


def test_the_qr_code_leads_to_the_link_and_stdout_holds_the_link_alone(published: Path, pitchcast: Run) -> None:
    done = pitchcast("link", "acme-corp", "--qr")
    drawn = [line for line in done.err.splitlines() if not line.startswith("Note: ")]
    rows = [half for line in drawn for half in zip(*(HALVES[char] for char in line), strict=True)]
    picture = Image.new("L", (len(rows[0]), len(rows)), 255)
    picture.putdata([0 if dark else 255 for row in rows for dark in row])
    size = (picture.width * MODULE_PX, picture.height * MODULE_PX)
    [read] = zxingcpp.read_barcodes(picture.resize(size, Image.Resampling.NEAREST))
    assert done.out == f"{read.text}\n"


def test_colours_can_be_edited(published: Path, pitchcast: Run) -> None:
    done = pitchcast("show", "edit", "--color", "#1d3fae", "--accent", "#ffc857", "--json")
    assert done.code == 0, done.err
    assert (done.json["brand"]["color"], done.json["brand"]["accent"]) == ("#1d3fae", "#ffc857")
    link = pitchcast("link", "acme-corp").out
    page = (published / "site/public" / link.split("/")[3] / "index.html").read_text(encoding="utf-8")
    assert "--band:#1d3fae" in page
    assert pitchcast("show", "edit", "--color", "blue").code == 1
