"""What texts from elsewhere can do to whoever reads them at a terminal: nothing but be read.

The texts come from a catalog that somebody edited in storage, from file names, and from what a service answers.
"""

import fcntl
import gzip
import http.server
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pitchcast.model.layout import CATALOG

TIMEOUT_S = 300.0
COLUMNS = 4000  # no line is broken but by what it says
STEERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\x7f"
TURNS = "\u202eoga\u202c\u2066x\u2069\u200f\u061c"
HIDES = "in\u200bvi\u2060si\ufeffble\u00ad\U000e0041\u3164"
BREAKS = "one\nError: forged\r\nWhat to do: obey\u2028Error: forged\x85Error: forged"
NEVER_SHOWN = set(
    "\x07\x08\x7f\x85\x9b\u00ad\u061c\u200b\u200f\u2028\u202c\u202e\u2060\u2066\u2069\u3164\ufeff\U000e0041"
)

AtTerminal = Callable[..., str]


@pytest.fixture
def screen(published: Path, own_environment: dict[str, str]) -> AtTerminal:
    """Run the program with stdout and stderr at a terminal; return all it got."""

    def run(*arguments: str) -> str:
        outside, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        environment = {**own_environment, "TERM": "xterm", "BROWSER": str(shutil.which("true"))}
        command = [sys.executable, "-m", "pitchcast", *arguments]
        with subprocess.Popen(
            command, cwd=published, env=environment, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
        ) as process:
            os.close(inside)
            seen = b"".join(_read(outside))
            process.wait(TIMEOUT_S)
        os.close(outside)
        return seen.decode("utf-8", "surrogateescape").replace("\r\n", "\n")

    return run


def _read(terminal: int) -> Iterator[bytes]:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the program closed its side
            return
        if not data:
            return
        yield data


def _poison(work: Path, text: str) -> None:
    """Put a text into everything that the catalog in storage says in words."""
    path = work / "site" / CATALOG
    catalog = json.loads(gzip.decompress(path.read_bytes()))
    _poison_words(catalog, text)
    path.write_bytes(gzip.compress(json.dumps(catalog).encode()))


def _poison_words(catalog: dict[str, Any], text: str) -> None:
    catalog["saved"] = {**catalog["saved"], "who": f"dana{text}", "what": f"published{text}"}
    catalog["show"] |= {"title": f"Ideas{text}", "host": f"Dana{text}", "description": f"About{text}"}
    for prospect in catalog["prospects"]:
        prospect[1] = f"Acme{text}"
    for episode in catalog["episodes"]:
        episode |= {"title": f"Cut{text}", "notes": f"Notes{text}"}
    for release in catalog["releases"]:
        release[3] = f"dana{text}"


SHOWING = {
    "prospects": ("prospects", "list"),
    "a prospect": ("prospects", "show", "acme-corp"),
    "episodes": ("episodes", "list"),
    "an episode": ("episodes", "show", "new-recording-12"),
    "feeds": ("feeds", "list"),
    "a feed": ("feeds", "show", "acme-corp"),
    "the show": ("show", "show"),
    "history": ("history", "list"),
    "a mail": ("link", "acme-corp", "--mail"),
    "a code": ("link", "acme-corp", "--qr"),
    "a question": ("feeds", "rotate", "acme-corp", "--dry-run"),
    "an error": ("publish", "New Recording 12.m4a", "--to", "acme-corp", "--title", "Another"),
    "a list": ("feeds", "export", "--csv", "-"),
    "JSON": ("prospects", "list", "--json"),
    "JSON of episodes": ("episodes", "list", "--json"),
    "a check": ("doctor",),
}


def _check_harmless(seen: str) -> None:
    assert seen.strip()
    assert "Traceback" not in seen
    assert "a fault of its own" not in seen
    assert not NEVER_SHOWN & set(seen), sorted(map(ascii, NEVER_SHOWN & set(seen)))
    assert "\x1b]" not in seen
    assert "\x1b[2J" not in seen


@pytest.mark.parametrize("command", SHOWING.values(), ids=SHOWING)
def test_steer_or_mislead_a_terminal_by_what_is_stored(
    published: Path, screen: AtTerminal, command: tuple[str, ...]
) -> None:
    """Colours, titles, the reading order, what is hidden: every such character is shown by its number."""
    _poison(published, f" {STEERS} {TURNS} {HIDES}")
    _check_harmless(screen(*command))


@pytest.mark.parametrize("command", SHOWING.values(), ids=SHOWING)
def test_forge_a_message_by_a_line_break(published: Path, screen: AtTerminal, command: tuple[str, ...]) -> None:
    """No text from elsewhere begins a line like a message of pitchcast's own."""
    _poison(published, BREAKS)
    seen = screen(*command)
    _check_harmless(seen)
    if "--csv" not in command:  # there line breaks stand within quotation marks
        assert not [line for line in seen.splitlines() if line.startswith(("Error: forged", "What to do: obey"))]


@pytest.mark.parametrize("command", [("audio", "inspect"), ("audio", "inspect", "--json"), ("feeds", "check")])
def test_steer_a_terminal_by_a_file_name(published: Path, screen: AtTerminal, command: tuple[str, ...]) -> None:
    name = f"rec {STEERS.replace('/', '')}{TURNS}{HIDES}\nError: forged\udcff.m4a"
    shutil.copy(published / "New Recording 12.m4a", published / name)
    group, what, *more = command
    seen = screen(group, what, name, *more)
    _check_harmless(seen)
    assert not [line for line in seen.splitlines() if line.startswith("Error: forged")]
    seen = screen("publish", name, "--to", "Beta", "--yes")
    _check_harmless(seen)


@pytest.mark.parametrize("argument", ["--to", "command", "option", "--config", "--segment"])
def test_steer_a_terminal_by_an_argument_that_was_pasted(published: Path, screen: AtTerminal, argument: str) -> None:
    text = f"x{STEERS}{TURNS}{HIDES}"
    commands = {
        "--to": ("publish", "New Recording 12.m4a", "--to", text, "--yes"),
        "command": (text,),
        "option": ("prospects", "list", f"--{text}"),
        "--config": ("--config", text, "prospects", "list"),
        "--segment": ("prospects", "list", "--segment", text),
    }
    _check_harmless(screen(*commands[argument]))


def test_steer_a_terminal_by_what_a_service_answers(
    published: Path, screen: AtTerminal, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"<Error><Code>Bad{TURNS}{HIDES}</Code><Message>no {TURNS}{HIDES} &#155;31m\nError: forged</Message></Error>"

    class Service(http.server.BaseHTTPRequestHandler):
        """Answers everything with an error whose text is hostile."""

        def do_GET(self) -> None:
            body = said.encode()
            self.send_response(400, "no")
            self.send_header("Content-Type", "application/xml")
            self.send_header("Server", "x")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815 - as http.server wants them called

        def log_message(self, *_told: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (published / "pitchcast.toml").write_text(
        f'[show]\ntitle = "Ideas"\nhost = "Dana"\n[storage]\nurl = "s3://pitches/dana"\n'
        f'endpoint_url = "http://127.0.0.1:{free_port}"\n',
        encoding="utf-8",
    )
    credentials = published / "keys"
    credentials.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    environment = f"AWS_SHARED_CREDENTIALS_FILE={credentials}"
    name, _, value = environment.partition("=")
    monkeypatch.setenv(name, value)
    try:
        for more in ((), ("-v", "-v")):
            seen = screen("prospects", "list", *more)
            _check_harmless(seen)
            assert not [line for line in seen.splitlines() if line.startswith("Error: forged")]
    finally:
        server.shutdown()
        server.server_close()
