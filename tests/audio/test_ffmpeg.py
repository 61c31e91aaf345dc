"""Which ffmpeg is run, what its failures are called, and that none is left running."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pitchcast
from pitchcast.audio.ffmpeg import ffmpeg_version, find_ffmpeg, run_ffmpeg, sample_stream
from pitchcast.audio.signal.samples import check_space
from pitchcast.errors import AudioError
from tests.audio.processes import running_commands

SOURCE = Path(pitchcast.__file__).parent
TONE = ("-f", "lavfi", "-i", "sine=d=60")


def test_the_wheels_program_is_found_without_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PITCHCAST_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "imageio_ffmpeg" in str(find_ffmpeg())
    assert ffmpeg_version().startswith("ffmpeg version ")


def test_a_named_program_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "my ffmpeg"
    link.symlink_to(find_ffmpeg())
    monkeypatch.setenv("PITCHCAST_FFMPEG", str(link))
    assert find_ffmpeg() == link
    assert ffmpeg_version().startswith("ffmpeg version ")


def test_a_name_for_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITCHCAST_FFMPEG", "/no/such/ffmpeg")
    with pytest.raises(AudioError, match="PITCHCAST_FFMPEG names /no/such/ffmpeg") as caught:
        find_ffmpeg()
    assert "unset" in caught.value.hint


def test_another_program_is_not_taken_for_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITCHCAST_FFMPEG", shutil.which("true") or sys.executable)
    with pytest.raises(AudioError, match="is not ffmpeg"):
        ffmpeg_version()


def says(folder: Path, text: str) -> Path:
    """Return a program in *folder* that says *text* of itself."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{text}\nEND\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def from_git(name: str, library: str) -> str:
    return f"ffmpeg version {name} Copyright (c) 2000-2023\nlibavutil      58. 29.100\nlibavformat    {library}"


TOO_OLD = [
    pytest.param(
        "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021", "4.4.2-0ubuntu0.22.04.1", id="Ubuntu"
    ),
    pytest.param("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2025", "5.1.9-0+deb12u1", id="Debian"),
    pytest.param("ffmpeg version n6.0.1 Copyright (c) 2000-2023", "n6.0.1", id="a tag"),
    pytest.param(from_git("N-47683-g0e8eb07980", "58. 20.100 / 58. 20.100"), "N-47683-g0e8eb07980", id="from git"),
]

YOUNG_ENOUGH = [
    pytest.param("ffmpeg version 6.1.1-3ubuntu5 Copyright (c) 2000-2023", id="Ubuntu"),
    pytest.param("ffmpeg version 7.1.1-essentials_build-www.gyan.dev Copyright (c) 2000-2025", id="Windows"),
    pytest.param("ffmpeg version 10.0 Copyright (c) 2000-2027", id="two digits"),
    pytest.param(from_git("N-120000-gdeadbeef", "61. 19.100 / 61. 19.100"), id="from git"),
    pytest.param(from_git("2024-05-02-git-71669f2ad5-full_build", "61.  3.103 / 61.  3.103"), id="of a day"),
    pytest.param("ffmpeg version N-120000-gdeadbeef Copyright (c) 2000-2025", id="from git without libraries"),
]


@pytest.mark.parametrize(("text", "version"), TOO_OLD)
def test_an_old_program_is_refused_by_name_and_version(
    text: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = says(tmp_path, text)
    monkeypatch.setenv("PITCHCAST_FFMPEG", str(program))
    with pytest.raises(AudioError) as caught:
        find_ffmpeg()
    assert caught.value.message == f"{program} is too old (ffmpeg version {version}): ffmpeg 6.1 or newer is needed"
    assert "Install a newer one" in caught.value.hint


@pytest.mark.parametrize("text", YOUNG_ENOUGH)
def test_a_newer_program_is_taken(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = says(tmp_path, text)
    monkeypatch.setenv("PITCHCAST_FFMPEG", "ffmpeg")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ffmpeg() == program
    program.unlink()  # asked once, it is not started again for its version
    program.touch(mode=0o755)
    assert find_ffmpeg() == program


def test_every_input_is_opened_by_one_function_and_programs_by_few_modules() -> None:
    opened, started = [], set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        opened += [path.name for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == "-i"]
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        if names & {"subprocess", "webbrowser", "startfile", "popen", "which", "posix_spawn", "execv", "execvp"}:
            started.add(path.name)
    assert opened == ["ffmpeg.py"]
    ourselves = {"spreadsheet.py"}  # starts this Python with a module of pitchcast's
    quoting = {"invocation.py"}  # takes only subprocess's rules of quoting
    assert started == {"ffmpeg.py", "programs.py"} | ourselves | quoting


def test_without_any_ffmpeg_the_error_says_what_to_install(tmp_path: Path) -> None:
    """A Python that has pitchcast but not imageio-ffmpeg, and an empty PATH."""
    script = (
        "import sys; sys.modules['imageio_ffmpeg'] = None;from pitchcast.audio.ffmpeg import find_ffmpeg; find_ffmpeg()"
    )
    environment = {**os.environ, "PATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "AudioError: ffmpeg is not installed" in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no space left in ") as caught:
        run_ffmpeg([*TONE, "-f", "f32le", "-y", "/dev/full"], folder=tmp_path)
    assert str(tmp_path) in caught.value.message


def test_space_is_looked_for_before_it_is_needed(tmp_path: Path) -> None:
    check_space(tmp_path, 1000)
    with pytest.raises(AudioError, match=r"about \d+\.\d GB are needed") as caught:
        check_space(tmp_path, shutil.disk_usage(tmp_path).total * 300)
    assert str(tmp_path) in caught.value.message


def test_other_failures_quote_ffmpeg(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="ffmpeg failed: "):
        run_ffmpeg([*TONE, "-af", "nosuchfilter", "-f", "null", "-"])


def test_a_run_that_is_given_up_is_ended() -> None:
    with pytest.raises(KeyboardInterrupt):
        _start_and_give_up("sine=f=432.1:d=61")
    assert not [command for command in running_commands() if "sine=f=432.1:d=61" in command]


def _start_and_give_up(tone: str) -> None:
    with sample_stream(["-f", "lavfi", "-i", tone, "-f", "f32le", "pipe:1"]) as pipe:
        assert [command for command in running_commands() if tone in command]
        pipe.read(1000)
        raise KeyboardInterrupt


def test_pydub_is_not_told_to_look_for_programs(tmp_path: Path, speech_wav: Path) -> None:
    """With nothing on PATH, no warning and no ffprobe: pydub is only given decoded samples."""
    script = (
        "import sys; from pathlib import Path;"
        "from pitchcast.audio.master import Branding, master_recording;"
        "from pitchcast.model.show import AudioSettings;"
        "wav, out = map(Path, sys.argv[1:]);"
        "print(master_recording(wav, out, AudioSettings(), branding=Branding(intro=wav)).intro_s)"
    )
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", script, str(speech_wav), str(tmp_path / "out.mp3")]
    environment = {**os.environ, "PATH": str(tmp_path)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (run.stderr, run.returncode) == ("", 0)
    assert float(run.stdout) == pytest.approx(7.5, abs=0.01)
