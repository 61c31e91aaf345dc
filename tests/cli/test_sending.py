"""A link on its way to a person: by keys and by options, and never without a word where it works here only."""

import csv
import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.test_terminal import Terminal
from tests.fixtures.program import Run

HERE_ONLY = "on this computer only"
PITCH = "New Recording 12.m4a"


@pytest.fixture
def desktop(published: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for a clipboard and a browser, which is also asked to open mails: each keeps what it is given."""
    programs = published.parent / "programs"
    programs.mkdir()
    for name, script in (
        ("wl-copy", f'/bin/cat > "{programs}/copied"'),
        ("xdg-open", f'printf %s "$1" > "{programs}/opened"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    return programs


AtTerminal = Callable[..., Terminal]


@pytest.fixture
def at_terminal(published: Path, desktop: Path, own_environment: dict[str, str]) -> Iterator[AtTerminal]:
    """Run the program with everything at one terminal."""
    opened: list[Terminal] = []

    def run(*arguments: str) -> Terminal:
        environment = {**own_environment, "PATH": str(desktop)}
        opened.append(Terminal(list(arguments), published, environment, whole=True))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


def online(published: Path) -> None:
    """Give the show an address that everybody reaches."""
    settings = published / "pitchcast.toml"
    text = settings.read_text(encoding="utf-8")
    assert "[storage]\n" in text
    settings.write_text(
        text.replace("[storage]\n", '[storage]\npublic_url = "https://pitches.example"\n'), encoding="utf-8"
    )


def test_after_a_publish_keys_send_the_link_until_enter(at_terminal: AtTerminal, desktop: Path) -> None:
    run = at_terminal("publish", PITCH, "--to", "Beta AG")
    menu = "[c]opy [m]ail [q]r [o]pen Enter:"
    run.press(menu, "x")
    run.wait_for("Press c, m, q, o, or Enter to go on.")
    run.press(menu, "c")
    run.wait_for("Copied. The link works on this computer only.")
    run.press(menu, "m")
    run.wait_for("A mail draft was opened: “New Recording 12: recorded for you”.")
    assert (desktop / "opened").read_text(encoding="utf-8").startswith("mailto:?subject=")
    run.press(menu, "Q")
    run.wait_for("█")
    run.press(menu, "o")
    run.wait_for("Opened in your browser.")
    run.press(menu, "\n")
    assert run.end()[0] == 0
    link = (desktop / "copied").read_text(encoding="utf-8")
    assert link in run.raw
    assert (desktop / "opened").read_text(encoding="utf-8") == link


@pytest.mark.parametrize("key", ["\x03", "\x04", "\x1b"], ids=["Ctrl-C", "Ctrl-D", "Escape"])
def test_leaving_the_menu_is_no_interruption(at_terminal: AtTerminal, key: str) -> None:
    run = at_terminal("link", "acme-corp")
    run.press("[c]opy [m]ail [q]r [o]pen Enter:", key)
    code, _, screen = run.end()
    assert (code, "interrupted" in screen) == (0, False)


@pytest.mark.parametrize("option", ["--yes", "--quiet", "--no-input", "--copy"])
def test_no_menu_where_nobody_wants_one(at_terminal: AtTerminal, option: str) -> None:
    run = at_terminal("link", "acme-corp", option)
    code, _, screen = run.end()
    assert (code, "[m]ail" in screen) == (0, False)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("publish", PITCH, "--to", "Beta AG"), id="publish"),
        pytest.param(("episodes", "deliver", "new-recording-12", "--to", "Beta AG"), id="deliver"),
        pytest.param(("link", "acme-corp"), id="link"),
    ],
)
def test_options_send_the_link(desktop: Path, pitchcast: Run, command: tuple[str, ...]) -> None:
    done = pitchcast(*command, "--copy", "--qr", "--open")
    assert done.code == 0, done.err
    assert "Copied." in done.err
    assert "█" in done.err
    assert (desktop / "copied").read_text(encoding="utf-8") == done.out.strip()
    assert (desktop / "opened").read_text(encoding="utf-8") == done.out.strip()
    mailed = pitchcast(*command, "--mail")
    assert mailed.code == 0, mailed.err
    [body] = parse_qs(urlsplit((desktop / "opened").read_text(encoding="utf-8")).query)["body"]
    assert done.out.strip() in body


def test_options_are_for_one_link(desktop: Path, pitchcast: Run) -> None:
    for command in (("publish", PITCH), ("episodes", "deliver", "new-recording-12")):
        done = pitchcast(*command, "--to", "Beta AG", "--to", "Gamma Ltd", "--copy")
        assert done.code == 2
        assert "pitchcast feeds export" in done.err
    assert "Beta AG" not in pitchcast("prospects", "list").out


def test_nothing_there_to_send_with_is_said(published: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = pitchcast("link", "acme-corp", "--copy", "--open", "--mail")
    assert done.code == 0
    assert "no clipboard program was found" in done.err
    assert "no browser could be opened" in done.err
    assert "no mail program could be opened" in done.err


@pytest.mark.parametrize(
    ("first_name", "begins"),
    [
        pytest.param("Jo", "Hello Jo,\r\n\r\nI recorded something for you: New", id="known"),
        pytest.param("", "I recorded something for you: New", id="not known"),
        pytest.param("=Jo{link}", "Hello =Jo{link},\r\n\r\nI recorded", id="braces are text"),
    ],
)
def test_mails_greet_by_a_first_name_that_is_known(desktop: Path, pitchcast: Run, first_name: str, begins: str) -> None:
    if first_name:
        assert pitchcast("prospects", "edit", "acme-corp", "--first-name", first_name).code == 0
    assert pitchcast("link", "acme-corp", "--mail").code == 0
    [body] = parse_qs(urlsplit((desktop / "opened").read_text(encoding="utf-8")).query)["body"]
    assert body.startswith(begins)


def test_no_mail_is_drafted_for_somebody_who_has_nothing_to_hear(desktop: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "add", "Beta AG")
    done = pitchcast("link", "beta-ag", "--mail")
    assert (done.code, done.out) == (1, "")
    assert "Beta AG has nothing to hear yet, so no mail was drafted" in done.err
    assert "pitchcast publish RECORDING --to beta-ag" in done.err
    assert not (desktop / "opened").exists()
    assert pitchcast("link", "beta-ag").code == 0


COMMANDS = [
    pytest.param(("publish", PITCH, "--to", "Beta AG"), id="publish"),
    pytest.param(("publish", PITCH, "--to", "Beta AG", "--json"), id="publish as JSON"),
    pytest.param(("publish", PITCH, "--to", "Beta AG", "-q"), id="publish, quiet"),
    pytest.param(("episodes", "deliver", "new-recording-12", "--to", "Beta AG", "--json"), id="deliver"),
    pytest.param(("link", "acme-corp"), id="link"),
    pytest.param(("link", "acme-corp", "-q"), id="link, quiet"),
    pytest.param(("link", "acme-corp", "--json"), id="link as JSON"),
    pytest.param(("link", "acme-corp", "--copy"), id="copy"),
    pytest.param(("link", "acme-corp", "--mail"), id="mail"),
    pytest.param(("link", "acme-corp", "--qr"), id="QR code"),
    pytest.param(("feeds", "export"), id="mail merge"),
    pytest.param(("feeds", "export", "--csv", "-"), id="list for a CRM"),
    pytest.param(("feeds", "export", "--json"), id="export as JSON"),
    pytest.param(("feeds", "rotate", "acme-corp", "--yes"), id="rotate"),
    pytest.param(("prospects", "invite", "Sam Lee", "--by", "acme-corp"), id="invite"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_link_that_works_here_only_is_never_handed_out_without_a_word(
    desktop: Path, pitchcast: Run, command: tuple[str, ...]
) -> None:
    done = pitchcast(*command)
    assert done.code == 0, done.err
    assert HERE_ONLY in done.err
    assert "pitchcast move s3://BUCKET" in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_link_that_works_everywhere_is_not_remarked_upon(
    published: Path, desktop: Path, pitchcast: Run, command: tuple[str, ...]
) -> None:
    online(published)
    assert pitchcast("show", "apply", "--yes").code == 0
    assert pitchcast("feeds", "build").code == 0
    sends_audio = command[0] in ("publish", "episodes")
    done = pitchcast(*command, *(["--unverified"] if sends_audio else []))  # nobody answers at that address
    assert done.code == 0, done.err
    assert HERE_ONLY not in done.err


def test_several_links_name_the_list_for_a_mail_merge(published: Path, pitchcast: Run) -> None:
    done = pitchcast("publish", PITCH, "--to", "Beta AG", "--to", "Acme Corp")
    assert done.code == 0
    assert "pitchcast feeds export" in done.err


def test_a_list_for_a_mail_merge_goes_into_a_new_file(published: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "edit", "acme-corp", "--first-name", "Jo", "--email", "jo@acme.example")
    pitchcast("prospects", "add", "Beta AG")
    pitchcast("publish", PITCH, "--to", "=cmd()")
    done = pitchcast("feeds", "export")
    assert done.code == 0
    assert done.out == "Wrote 2 links for a mail merge to mail-merge.csv.\n"
    assert "Beta AG" in done.err
    assert "1 row without an e-mail address" in done.err
    body = (published / "mail-merge.csv").read_bytes().decode("utf-8-sig")
    link = pitchcast("link", "acme-corp").out.strip()
    header, first, second = csv.reader(io.StringIO(body, newline=""))
    assert header == ["Name", "First name", "E-mail", "Link", "Episode"]
    assert first == ["Acme Corp", "Jo", "jo@acme.example", link, "New Recording 12"]
    assert second[0] == "'=cmd()"
    if os.name == "posix":
        assert stat.S_IMODE((published / "mail-merge.csv").stat().st_mode) == 0o600
    assert pitchcast("feeds", "export").out.endswith("mail-merge-2.csv.\n")
    assert (published / "mail-merge.csv").read_bytes().decode("utf-8-sig") == body


def test_a_list_for_nobody_is_not_written(published: Path, pitchcast: Run) -> None:
    pitchcast("feeds", "revoke", "acme-corp", "--yes")
    done = pitchcast("feeds", "export")
    assert (done.code, done.out) == (1, "")
    assert not list(published.glob("mail-merge*"))
