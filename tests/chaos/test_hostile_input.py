"""Whatever somebody hands in: an error that says what to do, or a clean result, in bounded time and memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from pitchcast.audio.recording import probe_recording
from pitchcast.cli.app import main
from tests.chaos import hostile
from tests.fixtures.content import a_content, rendered_feed

_BOUND_BYTES = 900_000_000
_COVERS = """
import re
import sys
from pathlib import Path
from pitchcast.artwork.cover import prepare_cover
from tests.chaos.hostile import broken_pictures, survives
folder = Path(sys.argv[1])
for name, body in broken_pictures().items():
    (folder / "cover.png").write_bytes(body)
    assert not survives(lambda: prepare_cover(folder / "cover.png")), name
peak = 0
if sys.platform == "linux":  # getrusage tells what the process weighed that started this one, where that was more
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
elif sys.platform == "darwin":
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak)  # Windows does not tell it
"""


def test_recordings_cut_anywhere_and_noise(tmp_path: Path, pitch_m4a: Path) -> None:
    whole = pitch_m4a.read_bytes()
    path = tmp_path / "pitch.m4a"
    tried = 0
    for body in [*hostile.cut_recordings(whole, len(whole) // 8), *hostile.random_recordings(6, seed=1)]:
        path.write_bytes(body)
        hostile.survives(lambda: probe_recording(path))
        tried += 1
    print(f"{tried} recordings")
    assert tried >= 14


@pytest.mark.parametrize("share", [0.35, 0.9])
def test_a_cut_recording_is_mastered_or_refused(
    tmp_path: Path, pitch_m4a: Path, capsys: pytest.CaptureFixture[str], share: float
) -> None:
    cut, master = tmp_path / "cut.wav", tmp_path / "master.mp3"
    whole = pitch_m4a.read_bytes()
    cut.write_bytes(whole[: int(len(whole) * share)])
    code = main(["audio", "master", str(cut), "-o", str(master), "--json"])
    said = capsys.readouterr()
    assert (code, master.exists()) in ((0, True), (1, False))
    assert '"error"' in said.out or code == 0


def test_covers_that_are_bombs(tmp_path: Path) -> None:
    """In a process of their own, whose peak of memory is told."""
    command = [sys.executable, "-c", _COVERS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < _BOUND_BYTES


def test_feeds_with_entities_and_damage() -> None:
    assert hostile.try_feeds(rendered_feed(a_content()), count=60, seed=2) >= 60


def test_lists_with_formulas_and_damage() -> None:
    assert hostile.try_lists(60, seed=3) >= 60


def test_keys_that_lead_elsewhere(tmp_path: Path) -> None:
    assert hostile.try_keys(tmp_path) == len(hostile.KEYS)


def test_addresses_that_lead_to_what_is_private(tmp_path: Path) -> None:
    assert hostile.try_targets(tmp_path) == len(hostile.TARGETS)
