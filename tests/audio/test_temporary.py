"""Temporary folders go with their owner, and those of a killed one with the next run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pitchcast.audio.master import master_recording
from pitchcast.audio.temporary import PREFIX, workshop
from pitchcast.model.show import AudioSettings
from tests.audio.processes import running_commands
from tests.fixtures.speech import EXAMPLE, run_ffmpeg

MASTER = (
    "import sys; from pathlib import Path; from pitchcast.audio.master import master_recording;"
    "from pitchcast.model.show import AudioSettings;"
    "tell = lambda name, fraction: print(name, flush=True);"
    "master_recording(Path(sys.argv[1]), Path(sys.argv[2]), AudioSettings(), progress=tell)"
)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_the_next_run_cleans_up_after_a_killed_one(tmp_path: Path, speech_wav: Path) -> None:
    long = tmp_path / "long.wav"
    run_ffmpeg("-stream_loop", "1", "-i", EXAMPLE, "-ar", "48000", "-ac", "2", long)
    command = [sys.executable, "-c", MASTER, str(long), str(tmp_path / "out.mp3")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout is not None
        next(line for line in run.stdout if line.strip() == "encoding")
        os.kill(run.pid, signal.SIGKILL)
    assert [path for path in tmp_path.iterdir() if path.name.startswith(PREFIX)]
    _wait_until_its_encoders_ended(tmp_path)
    master_recording(speech_wav, tmp_path / "next.mp3", AudioSettings())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.wav", "next.mp3"]


def _wait_until_its_encoders_ended(folder: Path) -> None:
    """The pipes they read have nobody at the other end: they end by themselves."""
    until = time.monotonic() + 120
    while [command for command in running_commands() if str(folder) in command]:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_folder_of_a_living_owner_stays(tmp_path: Path) -> None:
    with workshop(tmp_path) as one:
        (one / "work").write_bytes(b"x")
        with workshop(tmp_path) as other:
            assert other != one
        assert (one / "work").exists()
        assert not other.exists()
    assert not list(tmp_path.iterdir())


def test_other_hidden_folders_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}mine").mkdir()
    with workshop(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}mine"]
