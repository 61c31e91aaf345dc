"""A fault of pitchcast's own, and outputs that cannot be written: one line, the right exit code, no secrets.

Faults are made in the program as it is installed: Python imports ``sitecustomize`` when it starts.
"""

import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.program import Done, Run, stored

TOKEN = "abcdefghijklmnopqrstuvwxyz"
SECRETS = (
    TOKEN,
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "dana@acme.example",
    "hunter2hunter2",
)
FAULTS = {
    "an exception": "raise ValueError({text!r})",
    "an exception within another": (
        "\n    try: raise ValueError({text!r})\n    except ValueError as error: raise KeyError(1) from error"
    ),
    "a full disk": "raise OSError(28, 'No space left on device', {text!r})",
    "no memory": "raise MemoryError",
    "endless recursion": "return broken()",
    "a panic in Rust": "raise type('PanicException', (BaseException,), dict())({text!r})",
    "the end of a file": "raise EOFError({text!r})",
    "text that cannot be encoded": "'\\udcff'.encode()",
    "a fault that cannot say what it is": "raise type('Mute', (Exception,), dict(__str__=lambda self: 1 / 0))()",
    "a thread": (
        "\n    import threading"
        "\n    def fail(): raise ValueError({text!r})"
        "\n    thread = threading.Thread(target=fail); thread.start(); thread.join(); return ()"
    ),
}
BROKEN = """
import pitchcast.workflows.prospects as broken_one
def broken(*args, **named): {what}
broken_one.list_prospects = broken
"""


def _with_fault(folder: Path, what: str) -> dict[str, str]:
    """Return an environment in which ``prospects list`` fails by *what*, whose text holds all kinds of secrets."""
    text = f"\x1b]0;owned\x07 \u202e {' '.join(SECRETS)} https://dana:{SECRETS[-1]}@s3.example.com/\nError: forged"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(BROKEN.format(what=what.format(text=text)), encoding="utf-8")
    return {"PYTHONPATH": str(folder), "AWS_SECRET_ACCESS_KEY": SECRETS[-1]}


def _details_named(message: str) -> Path:
    named = re.search(r"the details are in (\S+\.txt)", message)
    assert named, message
    return Path(named[1])


@pytest.mark.parametrize("what", FAULTS.values(), ids=FAULTS)
def test_read_links_keys_and_addresses_in_a_fault(published: Path, tmp_path: Path, program: Run, what: str) -> None:
    """One line, and a file for the user only; neither holds a secret, and neither steers a terminal."""
    home = tmp_path / "home"
    done = program("prospects", "list", cwd=published, HOME=str(home), **_with_fault(tmp_path / "broken", what))
    assert done.code == 1
    *before, first, second = done.err.splitlines()
    assert (first[:7], second[:12]) == ("Error: ", "What to do: ")
    assert not before or what == FAULTS["a thread"]  # there the command itself had an answer
    file = _details_named(first)
    details = file.read_text("utf-8")
    assert home in file.parents
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Traceback" in details
    assert "Traceback" not in done.err
    for said in (done.out, done.err, details):
        assert not [secret for secret in SECRETS if secret in said]
        assert "\x1b" not in said
        assert "\u202e" not in said


@pytest.mark.parametrize("what", FAULTS.values(), ids=FAULTS)
def test_confuse_a_script_by_a_fault(published: Path, tmp_path: Path, program: Run, what: str) -> None:
    home = str(tmp_path / "home")
    done = program("prospects", "list", "--json", cwd=published, HOME=home, **_with_fault(tmp_path / "broken", what))
    said, at = json.JSONDecoder().raw_decode(done.out)
    if "error" not in said:  # the answer was given before the thread's fault was known
        said = json.loads(done.out[at:])
    assert (done.code, said["error"]["kind"], set(said["error"])) == (1, "bug", {"kind", "message", "hint"})
    assert _details_named(said["error"]["message"]).exists()


def test_put_the_details_of_a_fault_where_others_read_them(published: Path, tmp_path: Path, program: Run) -> None:
    """Where the folder for logs cannot be made, they are in a new file for the user only; or nowhere."""
    home, shared = tmp_path / "no-home", tmp_path / "shared"
    home.write_text("not a folder")
    shared.mkdir()
    fault = _with_fault(tmp_path / "broken", FAULTS["an exception"])
    done = program("prospects", "list", cwd=published, HOME=str(home), TMPDIR=str(shared), **fault)
    file = _details_named(done.err)
    assert file.parent == shared
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_see_what_worker_processes_stumbled_over(published: Path, tmp_path: Path, program: Run) -> None:
    """What fails in another process ends as one line too."""
    environment = _with_fault(tmp_path / "broken", "raise ValueError({text!r})")
    script = (tmp_path / "broken" / "sitecustomize.py").read_text("utf-8")
    script = script.replace("workflows.prospects", "site.build").replace(".list_prospects", ".plan_folder")
    (tmp_path / "broken" / "sitecustomize.py").write_text(script, encoding="utf-8")
    done = program("feeds", "build", "--jobs", "2", cwd=published, HOME=str(tmp_path), **environment)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert not [secret for secret in SECRETS if secret in done.err + _details_named(done.err).read_text("utf-8")]


def _in_shell(redirected: str, *arguments: str, cwd: Path, environment: dict[str, str]) -> Done:
    command = [shutil.which("bash") or "", "-c", f'"$@" {redirected}', "bash", sys.executable, "-m", "pitchcast"]
    done = subprocess.run([*command, *arguments], cwd=cwd, env=environment, capture_output=True, check=False)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["text", "JSON"])
@pytest.mark.parametrize("redirected", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_have_output_written_into_a_file_of_the_show(
    published: Path, clean_environment: dict[str, str], redirected: str, as_json: tuple[str, ...]
) -> None:
    """A closed descriptor is taken by the next file that is opened, unless it leads somewhere first."""
    before = stored(published / "site" / "public")
    for command in (("--help",), ("--version",), ("prospects", "list"), ("doctor",)):
        done = _in_shell(redirected, *command, *as_json, cwd=published, environment=clean_environment)
        assert (done.code, "Traceback" in done.err) == (0, False), (command, done)
    done = _in_shell(redirected, "link", "nobody", *as_json, cwd=published, environment=clean_environment)
    assert (done.code, "Traceback" in done.err) == (1, False)
    done = _in_shell(redirected, "prospects", "add", "Beta", *as_json, cwd=published, environment=clean_environment)
    assert (done.code, "Traceback" in done.err) == (0, False)
    after = stored(published / "site" / "public")
    assert {name: after[name] for name in before} == before
    assert all(b"Added Beta" not in body and b'"created"' not in body for body in after.values())


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["text", "JSON"])
def test_pass_a_lost_answer_off_as_success(
    published: Path, clean_environment: dict[str, str], as_json: tuple[str, ...]
) -> None:
    """A full disk under the answer is a failure; what was done is said, and the same command answers again."""
    for command in (("--help",), ("--version",), ("prospects", "list"), ("feeds", "export", "--csv", "-")):
        wanted = () if "export" in command else as_json
        done = _in_shell(">/dev/full", *command, *wanted, cwd=published, environment=clean_environment)
        assert done.code == 1, command
        assert done.err.count("could not be written") == 1
        assert "Traceback" not in done.err
    add = ("prospects", "add", "Beta", *as_json)
    done = _in_shell(">/dev/full", *add, cwd=published, environment=clean_environment)
    assert done.code == 4
    assert "what was asked is done" in done.err
    again = _in_shell("", *add, cwd=published, environment=clean_environment)
    assert (again.code, "Beta" in again.out) == (0, True)
    exported = ("feeds", "export", "--csv", "links.csv")
    done = _in_shell(">/dev/full", *exported, cwd=published, environment=clean_environment)
    assert (done.code, "links.csv is written" in done.err) == (1, True)


def test_leave_a_trace_by_not_reading_on(published: Path, clean_environment: dict[str, str]) -> None:
    """Who has seen enough of a list is told nothing."""
    listing = f'"{sys.executable}" -m pitchcast episodes list | true; exit ${{PIPESTATUS[0]}}'
    command = [shutil.which("bash") or "", "-c", listing]
    done = subprocess.run(command, cwd=published, env=clean_environment, capture_output=True, check=False)
    assert done.returncode in (0, 1)
    assert b"Error" not in done.stderr
    assert b"Traceback" not in done.stderr


NOT_TEXT = "rec\udcff"


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        pytest.param(("audio", "inspect", f"{NOT_TEXT}.m4a"), (0,), id="a recording"),
        pytest.param(("audio", "inspect", f"no{NOT_TEXT}.m4a"), (1,), id="a recording that is not there"),
        pytest.param(("publish", f"{NOT_TEXT}.m4a", "--to", "Beta", "--yes"), (0,), id="publish"),
        pytest.param(("prospects", "add", NOT_TEXT), (1, 2), id="a prospect"),
        pytest.param(("prospects", "import", NOT_TEXT), (1,), id="a list"),
        pytest.param(("feeds", "check", NOT_TEXT), (1, 2), id="a feed"),
        pytest.param(("feeds", "build", "--report", NOT_TEXT), (0,), id="a report"),
        pytest.param(("--config", NOT_TEXT, "prospects", "list"), (1, 2), id="settings"),
        pytest.param((NOT_TEXT,), (2,), id="a command"),
        pytest.param(("link", NOT_TEXT), (1, 2), id="a name"),
        pytest.param(("episodes", "edit", "new-recording-12", "--title", NOT_TEXT), (1, 2), id="a title"),
        pytest.param(("show", "edit", "--logo", NOT_TEXT), (1, 2), id="a picture"),
    ],
)
def test_break_the_program_by_a_name_that_is_not_text(
    published: Path, program: Run, command: tuple[str, ...], codes: tuple[int, ...]
) -> None:
    shutil.copy(published / "New Recording 12.m4a", published / f"{NOT_TEXT}.m4a")
    for as_json in ((), ("--json",)):
        done = program(*command, *as_json, cwd=published)
        assert done.code in codes, done
        assert "Traceback" not in done.err
        assert "a fault of its own" not in done.err
        assert not as_json or done.json


@pytest.mark.parametrize("name", ["PITCHCAST_USER", "HOME", "PITCHCAST_STORAGE_URL", "AWS_PROFILE", "LANG", "TMPDIR"])
def test_break_the_program_by_a_variable_that_is_not_text(published: Path, program: Run, name: str) -> None:
    done = program("prospects", "add", "Beta", "--json", cwd=published, **{name: f"{published}/{NOT_TEXT}"})
    assert done.code in (0, 1)
    assert "a fault of its own" not in done.err
    assert done.json


def test_break_the_program_by_a_folder_that_is_not_text(tmp_path: Path, published: Path, program: Run) -> None:
    folder = tmp_path / NOT_TEXT
    shutil.copytree(published, folder)
    for command in (("prospects", "add", "Beta"), ("doctor",), ("feeds", "build"), ("show", "show"), ("init",)):
        done = program(*command, "--json", cwd=folder)
        assert done.code in (0, 1)
        assert "a fault of its own" not in done.err
        assert done.json
