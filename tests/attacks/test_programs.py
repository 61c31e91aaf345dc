"""A file in the folder of downloads that has the name of a program: it is never run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pitchcast import programs
from tests.fixtures.program import Run
from tests.fixtures.speech import EXAMPLE, run_ffmpeg

PLANTED = [
    *("pbcopy", "pbcopy.EXE", "clip", "clip.exe", "wl-copy", "xclip", "xsel"),
    *("xdg-open", "open", "gio", "www-browser", "x-www-browser", "firefox", "browser", "osascript", "sh", "python"),
    *("ffmpeg", "ffmpeg.exe", "ffprobe", "avconv", "avprobe", "ffmpeg.bat", "getkeys", "uname", "ldconfig", "gcc"),
]

PATHS = [
    pytest.param(".:/nowhere", id="a dot"),
    pytest.param(":/nowhere", id="an empty entry first"),
    pytest.param("/nowhere:", id="an empty entry last"),
    pytest.param("/nowhere::/nowhere", id="an empty entry between"),
    pytest.param("", id="nothing else"),
    pytest.param("bin:./bin:../work/bin", id="relative folders"),
    pytest.param("work/..:bin/../.", id="a way round"),
]


@pytest.fixture
def planted(published: Path) -> Path:
    """The working folder, in which (and in whose bin/) lies a program of every name, which tells that it was run."""
    script = f'#!/bin/sh\necho "$0" >> "{published}/was-run"\n'
    for folder in (published, published / "bin"):
        folder.mkdir(exist_ok=True)
        for name in PLANTED:
            plant(folder / name, script)
    return published


def plant(path: Path, script: str) -> Path:
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


def was_run(folder: Path) -> str:
    """Return which of the planted programs were run."""
    note = folder / "was-run"
    return note.read_text(encoding="utf-8") if note.exists() else ""


@pytest.mark.parametrize("path", PATHS)
def test_be_run_in_place_of_the_clipboard(planted: Path, program: Run, path: str) -> None:
    done = program("link", "acme-corp", "--copy", cwd=planted, PATH=path)
    assert done.code == 0, done.err
    assert "no clipboard program was found (wl-copy, xclip, xsel)" in done.err
    assert not was_run(planted)


@pytest.mark.parametrize(
    ("path", "browser"),
    [
        pytest.param(".:/nowhere", "", id="a dot"),
        pytest.param(":/nowhere", "browser", id="a name in BROWSER"),
        pytest.param("bin:./bin", "./browser", id="a relative path in BROWSER"),
        pytest.param("", "browser %s &", id="a command in BROWSER"),
        pytest.param("/nowhere:", "bin/browser:xdg-open", id="a list in BROWSER"),
    ],
)
def test_be_run_in_place_of_the_mail_program(planted: Path, program: Run, path: str, browser: str) -> None:
    done = program("link", "acme-corp", "--mail", cwd=planted, PATH=path, BROWSER=browser)
    assert done.code == 0, done.err
    assert "no mail program could be opened" in done.err
    assert not was_run(planted)


def test_be_run_by_a_program_that_looks_for_others(planted: Path, program: Run, tmp_path: Path) -> None:
    """xdg-open is a script: it calls programs of the desktop by their names."""
    system = tmp_path / "system"
    system.mkdir()
    plant(system / "xdg-open", f'#!/bin/sh\necho opened > "{tmp_path}/opened"\ngio open "$1"\n./gio "$1"\nexit 0\n')
    done = program("link", "acme-corp", "--mail", cwd=planted, PATH=f".:{system}:", BROWSER="")
    assert "A mail draft was opened" in done.err
    assert (tmp_path / "opened").exists()
    assert not was_run(planted)


WITHOUT_A_WHEEL = (
    "import sys; sys.modules['imageio_ffmpeg'] = None; from pitchcast.cli.app import main; sys.exit(main())"
)


@pytest.mark.parametrize("path", PATHS)
def test_be_run_in_place_of_ffmpeg(planted: Path, clean_environment: dict[str, str], path: str) -> None:
    """Where no ffmpeg came with the wheel, only PATH's whole folders are looked into."""
    told = [sys.executable, "-c", WITHOUT_A_WHEEL, "audio", "inspect", "New Recording 12.m4a", "--json"]
    environment = {**clean_environment, "PATH": path}
    done = subprocess.run(told, cwd=planted, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["message"] == "ffmpeg is not installed"
    assert not was_run(planted)


@pytest.mark.parametrize("named", ["ffmpeg", "./ffmpeg", "bin/ffmpeg", "ffmpeg.exe"])
def test_be_run_as_the_ffmpeg_that_a_setting_names(planted: Path, program: Run, named: str) -> None:
    told = ("audio", "inspect", "New Recording 12.m4a", "--json")
    done = program(*told, cwd=planted, PATH=".:", PITCHCAST_FFMPEG=named)
    assert done.code == 1
    assert f"PITCHCAST_FFMPEG names {named}, which is not a program" in done.json["error"]["message"]
    assert "whole path" in done.json["error"]["hint"]
    assert not was_run(planted)


def test_be_run_by_a_library_for_sound(planted: Path, program: Run) -> None:
    """pydub looks for avconv and ffmpeg in the working folder when it is imported; it is given samples only."""
    run_ffmpeg("-ss", "1", "-t", "2", "-i", EXAMPLE, planted / "hello.m4a")
    done = program(
        *("publish", "New Recording 12.m4a", "--to", "Beta AG", "--again", "--title", "Again"),
        cwd=planted,
        PATH=".:",
        PITCHCAST_BRAND_INTRO="hello.m4a",
    )
    assert done.code == 0, done.err
    assert not was_run(planted)


def test_be_run_for_the_keys_of_a_bucket(planted: Path, program: Run, tmp_path: Path) -> None:
    """A profile may name a program that gives keys; boto looks for it as the system does."""
    profile = tmp_path / "aws-config"
    profile.write_text("[default]\ncredential_process = getkeys\n", encoding="utf-8")
    done = program(
        *("feeds", "list", "--json"),
        cwd=planted,
        PATH=".:bin",
        AWS_CONFIG_FILE=str(profile),
        AWS_EC2_METADATA_DISABLED="true",
        PITCHCAST_STORAGE_URL="s3://pitches/dana",
        PITCHCAST_STORAGE_ENDPOINT_URL="http://127.0.0.1:9",
    )
    assert done.code in (1, 4)
    assert done.json["error"]
    assert not was_run(planted)


MODULES = ["rich", "typer", "msgspec", "numpy", "pydub", "imageio_ffmpeg", "mutagen", "jinja2", "PIL", "subprocess"]


def test_be_imported_in_place_of_a_library(published: Path, program: Run) -> None:
    """``python -m pitchcast`` would look for modules in the working folder first."""
    for name in MODULES:
        (published / f"{name}.py").write_text(f"open('was-run', 'a').write('{name} ')\n", encoding="utf-8")
    done = program("audio", "inspect", "New Recording 12.m4a", cwd=published)
    assert done.code == 0, done.err
    assert not was_run(published)


@pytest.fixture
def windows(planted: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Windows as far as looking for programs goes: the working folder comes first for whoever asks Python."""
    system = planted.parent / "Windows"
    (system / "System32").mkdir(parents=True)
    plant(system / "System32" / "clip.exe", f'#!/bin/sh\n/bin/cat > "{planted.parent}/clipboard"\n')

    def found_here_first(name: str, mode: int = os.X_OK, path: str | None = None) -> str | None:
        return next((f"./{name}{suffix}" for suffix in ("", ".exe", ".EXE") if Path(f"{name}{suffix}").exists()), None)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(shutil, "which", found_here_first)
    monkeypatch.setenv("SYSTEMROOT", str(system))
    return planted.parent


@pytest.mark.parametrize("path", PATHS)
def test_be_run_on_windows(windows: Path, planted: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    opened: list[str] = []
    monkeypatch.setattr(os, "startfile", opened.append, raising=False)
    monkeypatch.setenv("PATH", path)
    assert shutil.which("pbcopy") == "./pbcopy"  # the trap is there
    assert programs.find_program("ffmpeg") is None
    assert programs.copy_to_clipboard("https://acme.example/für")
    assert (windows / "clipboard").read_bytes().decode("utf-16") == "https://acme.example/für"
    assert programs.open_mail("mailto:jo@acme.example")
    assert opened == ["mailto:jo@acme.example"]
    assert not was_run(planted)


def test_be_run_on_windows_as_a_script_or_by_a_library(
    windows: Path, planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = windows / "tools"
    tools.mkdir()
    plant(tools / "ffmpeg.bat", "@echo off\n")
    monkeypatch.setenv("PATH", f'.;"{tools}"'.replace(";", os.pathsep))
    assert programs.find_program("ffmpeg") is None
    program = plant(tools / "ffmpeg.exe", "")
    assert programs.find_program("ffmpeg") == program
    monkeypatch.delenv("NODEFAULTCURRENTDIRECTORYINEXEPATH", raising=False)
    programs.forget_working_folder()
    assert os.environ["PATH"] == str(tools)
    assert os.environ.pop("NODEFAULTCURRENTDIRECTORYINEXEPATH") == "1"


def test_be_run_on_a_mac(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own two programs are used, wherever PATH and BROWSER lead."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("PATH", f".:{planted}")
    monkeypatch.setenv("BROWSER", str(planted / "browser"))
    assert programs._opener() == Path("/usr/bin/open")
    assert programs._clipboards() in ([], [["/usr/bin/pbcopy"]])


LISTENING = """
import json, sys
started = []
def note(event, given):
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.system", "os.startfile"):
        started.append([event, str(given[0])])
sys.addaudithook(note)
from pitchcast.cli.app import main
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    json.dump(started, file)
sys.exit(code)
"""

COMMANDS = [
    pytest.param(("publish", "New Recording 12.m4a", "--to", "Beta AG", "--again", "--title", "Again"), id="publish"),
    pytest.param(("audio", "master", "New Recording 12.m4a", "-o", "out.m4a"), id="master"),
    pytest.param(("link", "acme-corp", "--copy", "--mail"), id="link"),
    pytest.param(("doctor",), id="doctor"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_find_a_program_that_is_started_by_its_name_alone(
    planted: Path, clean_environment: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Python itself tells of each program that is started, by whichever library."""
    note = tmp_path / "started.json"
    system = tmp_path / "system"
    system.mkdir()
    for name in ("wl-copy", "xdg-open"):
        plant(system / name, "#!/bin/sh\nexit 0\n")
    subprocess.run(
        [sys.executable, "-c", LISTENING, note, *command],
        cwd=planted,
        env={**clean_environment, "PATH": f".::{system}", "BROWSER": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    started = json.loads(note.read_text(encoding="utf-8"))
    assert started
    assert [program for _, program in started if not Path(program).is_absolute()] == []
    assert not was_run(planted)
