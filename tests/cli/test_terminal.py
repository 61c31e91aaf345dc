"""At a terminal it asks what is missing, shows a bar, and keeps stdout for the link."""

import codecs
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.program import Run, stored

PITCH = "New Recording 12.m4a"
LINK = r"http://127\.0\.0\.1:8760/[a-z2-7]{26}/index\.html"
TIMEOUT_S = 300.0  # only what is wrong takes long; a machine may be busy
STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
UNFINISHED = re.compile(r"\x1b(\[[0-9;?]*)?$")
QUESTION_ENDS = "\x1b[?2004l"  # what is pasted from here on goes to no question
ENDED = "\x03"  # the same on the screen as tests see it


class Terminal:
    """Somebody at a terminal; stdout goes into a pipe of its own, to see what belongs there.

    With *whole* it is shown at the terminal too. *size* is the terminal's, in columns and lines.
    """

    def __init__(
        self,
        arguments: list[str],
        cwd: Path,
        environment: dict[str, str],
        *,
        whole: bool = False,
        size: tuple[int, int] = (80, 40),
    ) -> None:
        self._screen, inside = pty.openpty()
        columns, lines = size
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.raw = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self.seen = ""
        self.process = subprocess.Popen(
            self.command(arguments),
            cwd=cwd,
            env=environment,
            stdin=inside,
            stdout=inside if whole else subprocess.PIPE,
            stderr=inside,
            start_new_session=True,
        )
        os.close(inside)

    def command(self, arguments: list[str]) -> list[str]:
        """Return what is run."""
        return [sys.executable, "-m", "pitchcast", *arguments]

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._screen, keys.encode())

    def modes(self) -> list[object]:
        """Return how the terminal is set: what is shown of keys, and what they do."""
        return termios.tcgetattr(self._screen)

    def wait_for(self, text: str) -> None:
        """Read the screen until *text* is on it, on one line or more."""
        self._found(text)

    def _found(self, text: str) -> re.Match[str]:
        shown = re.compile(r"\s+".join(map(re.escape, text.split())))
        deadline = time.monotonic() + TIMEOUT_S
        while not (found := shown.search(self.seen)):
            assert time.monotonic() < deadline, f"“{text}” never came; the screen said:\n{self.seen}"
            assert self._read(), f"it ended before “{text}”; the screen said:\n{self.seen}"
        return found

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and type an answer."""
        self.press(question, f"{text}\n")

    def press(self, question: str, keys: str) -> None:
        """Wait for a question, press keys, and wait until they have answered it: the line is drawn again as it ends."""
        asked = self._found(question)
        self.send(keys)
        self.seen = self.seen[asked.end() :]
        answered = self._found(ENDED)  # which reads on
        self.seen = self.seen[answered.end() :]

    def end(self) -> tuple[int, str, str]:
        """Wait until it ends, and return exit code, stdout, and the rest of the screen."""
        deadline = time.monotonic() + TIMEOUT_S
        while self._read():
            assert time.monotonic() < deadline, f"it never ended; the screen said:\n{self.seen}"
        out, _ = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, (out or b"").decode(), self.seen

    def close(self) -> None:
        """End the program if it is still there."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        os.close(self._screen)

    def _read(self) -> bool:
        if not select.select([self._screen], [], [], 1.0)[0]:
            return True
        try:
            data = os.read(self._screen, 65536)
        except OSError:  # the program closed its side
            return False
        text = self._decoder.decode(data)
        self.raw += text
        text = self._unfinished + text
        cut = UNFINISHED.search(text)  # a read may end anywhere
        self._unfinished = cut[0] if cut else ""
        text = text.removesuffix(self._unfinished).replace(QUESTION_ENDS, ENDED)
        self.seen += STEERING.sub("", text).replace("\r", "")
        return bool(data)


AtTerminal = Callable[..., Terminal]


@pytest.fixture
def at_terminal(here: Path, own_environment: dict[str, str]) -> Iterator[AtTerminal]:
    opened: list[Terminal] = []

    def run(*arguments: str) -> Terminal:
        opened.append(Terminal(list(arguments), here, own_environment))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


def test_the_first_run_asks_and_keeps_the_answers(here: Path, pitch_m4a: Path, at_terminal: AtTerminal) -> None:
    shutil.copy(pitch_m4a, here)
    run = at_terminal("publish", PITCH, "--to", "Acme Corp")
    run.wait_for("First run: answers are kept in ./pitchcast.toml")
    run.answer("Your name, as prospects see it: ", "Dana Reyes")
    run.answer("Name of your podcast [Ideas from Dana Reyes]: ", "")
    run.answer("Title of this pitch: ", "")
    run.answer("Title of this pitch: ", "x" * 300)
    run.answer("Title of this pitch: ", "Cut your cloud bill in three steps")
    run.wait_for("Acme Corp is a new prospect.")
    run.wait_for("Mastering ━")
    run.wait_for("100 %")
    code, out, screen = run.end()
    assert code == 0
    assert re.fullmatch(LINK + "\n", out)
    assert "Published for Acme Corp (episode 1):" in screen
    settings = (here / "pitchcast.toml").read_text(encoding="utf-8")
    assert 'host = "Dana Reyes"' in settings
    assert 'title = "Ideas from Dana Reyes"' in settings


def test_nothing_is_asked_about_a_recording_that_cannot_be_used(here: Path, at_terminal: AtTerminal) -> None:
    (here / "empty.m4a").touch()
    code, _, screen = at_terminal("publish", "empty.m4a", "--to", "Acme Corp").end()
    assert code == 1
    assert "empty.m4a is empty" in screen
    assert "Your name" not in screen
    assert list(stored(here)) == ["empty.m4a"]


def test_a_missing_recording_and_audience_are_asked_for(published: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("publish")
    run.wait_for("  1  New Recording 12.m4a")
    run.answer("Number, or a file’s name [1]: ", "")
    run.answer("Whom is it for? Name of the prospect: ", "Beta AG")
    code, out, screen = run.end()
    assert code == 0
    assert re.fullmatch(LINK + "\n", out)
    assert "Beta AG is a new prospect." in screen
    assert "Title of this pitch" not in screen


@pytest.mark.parametrize(
    ("wanted", "answer", "prospects"),
    [
        pytest.param("Acme Crop", "1", ["acme-corp"], id="the one that is near"),
        pytest.param("Acme GmbH", "2", ["acme-corp", "acme-gmbh"], id="a new prospect, whose legal form is another"),
        pytest.param("Acme Crop", "3", ["acme-corp"], id="none of these publishes nothing"),
    ],
)
def test_a_near_match_is_asked_about(
    published: Path,
    at_terminal: AtTerminal,
    pitchcast: Run,
    wanted: str,
    answer: str,
    prospects: list[str],
) -> None:
    run = at_terminal("publish", PITCH, "--to", wanted)
    run.wait_for("  1  Acme Corp (acme-corp)")
    run.answer("Number: ", "")
    run.answer("Number: ", "yes")
    run.answer("Number: ", answer)
    code, out, _ = run.end()
    assert code == (1 if answer == "3" else 0)
    assert bool(out) == (answer != "3")
    listed = pitchcast("prospects", "list", "--json").json["prospects"]
    assert [prospect["id"] for prospect in listed] == prospects


def test_an_unknown_name_is_asked_about_by_every_command(published: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("prospects", "edit", "Akme Corp", "--company", "Acme")
    run.wait_for("No prospect is called “Akme Corp”. Which one is meant?")
    run.wait_for("  1  Acme Corp (acme-corp)")
    run.answer("Number, or another name: ", "")
    run.answer("Number, or another name: ", "9")
    run.answer("Number, or another name: ", "Acmee")
    run.answer("Number, or another name: ", "1")
    code, out, _ = run.end()
    assert code == 0
    assert re.search("company +Acme", out)


def test_none_of_these_ends_the_command(published: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("link", "Akme Corp")
    run.answer("Number, or another name: ", "2")
    code, out, screen = run.end()
    assert (code, out) == (1, "")
    assert "no prospect is called “Akme Corp”" in screen


def test_an_ambiguous_name_for_a_pitch_is_asked_about(published: Path, at_terminal: AtTerminal, pitchcast: Run) -> None:
    pitchcast("prospects", "add", "Acme GmbH")
    run = at_terminal("publish")
    run.answer("Number, or a file’s name [1]: ", "")
    run.answer("Whom is it for? Name of the prospect: ", "Acme")
    run.wait_for("“Acme” means several prospects")
    run.answer("Number, or another name: ", "2")
    code, _, screen = run.end()
    assert code == 0
    assert "Published for Acme GmbH" in screen


def test_a_prospect_that_differs_by_its_legal_form_is_asked_about(published: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("prospects", "add", "Acme GmbH")
    run.answer("“Acme GmbH” is nearly Acme Corp (acme-corp). Add another prospect? [y/N] ", "n")
    assert run.end()[0] == 1


def test_more_than_one_feed_is_confirmed_by_count_and_names(published: Path, at_terminal: AtTerminal) -> None:
    names = ["Beta AG", "Gamma Ltd", "Delta", "Epsilon", "Zeta", "Theta", "Kappa"]
    before = stored(published)
    run = at_terminal("publish", PITCH, *(word for name in names for word in ("--to", name)))
    run.wait_for("This goes to 7 feeds: Beta AG, Gamma Ltd, Delta, Epsilon, Zeta and 2 more.")
    run.answer("[y/N] ", "")
    code, out, _ = run.end()
    assert (code, out) == (1, "")
    assert stored(published) == before


@pytest.mark.parametrize("answer", ["y", "n"])
def test_the_same_title_again_asks_about_replacing(
    published: Path, other_recording: Path, at_terminal: AtTerminal, pitchcast: Run, answer: str
) -> None:
    run = at_terminal("publish", other_recording.name, "--to", "Acme Corp", "--title", "New recording 12")
    run.answer("There is an episode “New Recording 12” already. Replace the earlier one? [y/N] ", answer)
    code, out, screen = run.end()
    assert code == 0
    assert re.search(LINK, out)
    assert "episodes replace" not in screen
    episodes = pitchcast("episodes", "list", "--json").json["episodes"]
    assert [e["title"] for e in episodes] == ["New Recording 12", "New recording 12"][: 1 if answer == "y" else 2]
    assert ("Replaced the audio" in out) == (answer == "y")


def test_a_name_that_a_person_gave_is_offered_as_the_title(
    published: Path, other_recording: Path, at_terminal: AtTerminal
) -> None:
    run = at_terminal("publish", other_recording.name, "--to", "Acme Corp")
    run.answer("Title of this pitch [another pitch]: ", "")
    code, _, screen = run.end()
    assert code == 0
    assert "Published for Acme Corp (episode 2)" in screen


def test_the_public_feed_is_confirmed(published: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("publish", PITCH, "--public")
    run.answer("[y/N] ", "y")
    code, out, screen = run.end()
    assert code == 0
    assert out.endswith("/index.html\n")
    assert "Published for everyone (episode 1):" in screen


def test_undo_asks_and_no_leaves_everything(published: Path, at_terminal: AtTerminal) -> None:
    before = stored(published)
    run = at_terminal("undo")
    run.wait_for("“New Recording 12” for Acme Corp")
    run.answer("Take it back? [Y/n] ", "n")
    assert run.end()[0] == 1
    assert stored(published) == before


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param(
            "feeds rotate acme-corp", "Acme Corp. The link, feed and audio that they have now stop", id="rotate"
        ),
        pytest.param("feeds revoke --all", "stop working at once, and never work again. Revoke? [y/N] ", id="revoke"),
        pytest.param("feeds expire acme-corp --after 30d", "first command that writes after", id="expire"),
        pytest.param("prospects remove acme-corp", "what is known of them is erased. Remove? [y/N] ", id="remove"),
    ],
)
def test_what_will_stop_working_is_said_and_no_leaves_everything(
    published: Path, at_terminal: AtTerminal, command: str, said: str
) -> None:
    before = stored(published)
    run = at_terminal(*command.split())
    run.wait_for(said.replace("? [y/N] ", "?"))
    run.answer("[y/N] ", "n")
    assert run.end()[0] == 1
    assert stored(published) == before


def test_what_a_restore_leaves_alone_is_said_and_no_leaves_everything(published: Path, at_terminal: AtTerminal) -> None:
    assert at_terminal("show", "edit", "--host", "Nobody").end()[0] == 0
    before = stored(published)
    run = at_terminal("history", "restore", "1")
    run.wait_for("published since, and stay where they are: new-recording-12")
    run.answer("Restore revision 1? [y/N] ", "n")
    assert run.end()[0] == 1
    assert stored(published) == before


def test_closing_a_link_asks_about_those_it_was_passed_on_to(published: Path, at_terminal: AtTerminal) -> None:
    assert at_terminal("prospects", "invite", "Sam Lee", "--by", "acme-corp").end()[0] == 0
    run = at_terminal("feeds", "revoke", "acme-corp")
    run.answer("It was passed on to Sam Lee. Close that too? [Y/n] ", "")
    run.wait_for("2 feeds: Acme Corp and Sam Lee (passed on from")
    run.answer("[y/N] ", "y")
    code, out, _ = run.end()
    assert (code, out.startswith("Revoked 2 feeds")) == (0, True)


def test_interrupted_ends_with_130_and_the_same_command_completes(
    here: Path, pitch_m4a: Path, at_terminal: AtTerminal
) -> None:
    shutil.copy(pitch_m4a, here)
    typed = ("publish", PITCH, "--to", "Acme Corp", "--title", "Cut your bill", "--yes")
    run = at_terminal(*typed)
    run.wait_for("Mastering")
    run.process.send_signal(signal.SIGINT)
    code, out, screen = run.end()
    assert (code, out) == (130, "")
    assert "Run the same command again to complete it." in screen
    assert not list(here.glob("site/public/*/feed.xml"))
    code, out, _ = at_terminal(*typed).end()
    assert code == 0
    assert re.fullmatch(LINK + "\n", out)


def test_the_end_of_the_input_counts_as_interrupted(here: Path, pitch_m4a: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("init")
    run.answer("Your name, as prospects see it: ", "\x04")
    assert run.end()[0] == 130
    assert stored(here) == {}


def test_init_asks_and_writes(here: Path, at_terminal: AtTerminal) -> None:
    run = at_terminal("init")
    run.answer("Your name, as prospects see it: ", "Dana Reyes")
    run.answer("Name of your podcast [Ideas from Dana Reyes]: ", "Cloud bills, explained")
    run.answer("Where it is kept: a folder, or s3://BUCKET/PREFIX [./site]: ", "s3://pitches/dana")
    run.answer("Address of the S3 service [-]: ", "not an address")
    run.answer("Address of the S3 service [-]: ", "https://s3.example.com")
    run.answer("AWS profile that holds the keys [-]: ", "")
    run.answer("Public address of the bucket, if it has one [-]: ", "")
    assert run.end()[0] == 0
    settings = (here / "pitchcast.toml").read_text(encoding="utf-8")
    assert 'url = "s3://pitches/dana"' in settings
    assert 'endpoint_url = "https://s3.example.com"' in settings


def test_preview_serves_until_ctrl_c(published: Path, at_terminal: AtTerminal, free_port: int) -> None:
    run = at_terminal("preview", "--port", str(free_port))
    run.wait_for("Press Ctrl-C here to stop.")
    run.process.send_signal(signal.SIGINT)
    code, out, _ = run.end()
    assert code == 0
    assert re.fullmatch(rf"http://127\.0\.0\.1:{free_port}/[a-z2-7]{{26}}/index\.html\n", out)


def test_what_earlier_ids_are_of_is_asked_once(here: Path, pitchcast: Run, at_terminal: AtTerminal) -> None:
    (here / "pitchcast.toml").write_text('[show]\ntitle = "Bills"\nhost = "Dana Reyes"\n', encoding="utf-8")
    (here / "old.csv").write_text("external_id,name\n101,Jo Doe\n", encoding="utf-8")
    (here / "people.csv").write_text("Record ID,Name,Email\n101,Jo Doe,jo@acme.example\n", encoding="utf-8")
    pitchcast("prospects", "import", "old.csv")
    run = at_terminal("prospects", "import", "people.csv")
    run.wait_for("What are those of the show of?")
    run.answer("Number", "1")
    run.answer("Go ahead? [Y/n]", "")
    assert run.end()[:2] == (0, "Imported 0 new prospects, 1 updated, 0 unchanged.\n")
    assert pitchcast("prospects", "show", "jo-doe", "--json").json["external_id_kind"] == "contact"
    run = at_terminal("prospects", "import", "old.csv")
    run.wait_for("What are the ids of the list of?")
    run.answer("Number", "2")
    run.answer("Go ahead? [Y/n]", "n")
    assert run.end()[0] == 1
