"""How exact, how big and how fast is mastering? Run ``python -m benchmarks.audio [accuracy|memory|speed]``.

accuracy  each hard case: loudness by pyloudnorm, true peak by scipy on what libsndfile decodes
memory    peak memory, summed over pitchcast and ffmpeg, for 1 minute, 1 hour and 3 hours
speed     time of 10 minutes against the floor: (decode + one encode + one verifying decode) / cores
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile

from pitchcast.audio.ffmpeg import find_ffmpeg
from pitchcast.audio.master import master_recording
from pitchcast.model.show import AudioSettings
from tests.audio.hard_cases import HARD_CASES, write_case
from tests.audio.meters import heard_lufs, true_peak_dbtp
from tests.fixtures.speech import EXAMPLE, run_ffmpeg

MEASURE_EVERY_S = 0.05


def show_accuracy(folder: Path) -> None:
    run_ffmpeg("-ss", "1.3", "-t", "8", "-i", EXAMPLE, "-ac", "1", "-ar", "48000", folder / "speech.wav")
    speech = soundfile.read(folder / "speech.wav")[0]
    rows = []
    for name in HARD_CASES:
        write_case(name, speech, folder / "in.wav")
        master_recording(folder / "in.wav", folder / "out.mp3", AudioSettings())
        rows.append((name, heard_lufs(folder / "out.mp3") + 16, true_peak_dbtp(folder / "out.mp3")))
    print(f"{'case':32}{'error, LU':>10}{'peak, dBTP':>12}")
    for name, error, peak in sorted(rows, key=lambda row: abs(row[1])):
        print(f"{name:32}{error:+10.2f}{peak:+12.2f}")


def show_memory(folder: Path) -> None:
    print(f"{'length':12}{'recording':>12}{'peak MB':>9}{'wall s':>9}")
    for words, minutes in (("1 min", 1), ("1 h", 60), ("3 h", 180)):
        path = make_recording(folder / "long.m4a", minutes)
        start = time.monotonic()
        peak = peak_memory_mb(path, folder / "out.mp3")
        print(f"{words:12}{'stereo m4a':>12}{peak:9.0f}{time.monotonic() - start:9.1f}", flush=True)


def make_recording(path: Path, minutes: int) -> Path:
    """Write speech in stereo (a voice on each side, so that it stays stereo), as long as asked."""
    sides = "[0]asplit[a][b];[b]adelay=9000[c];[a][c]amerge"
    run_ffmpeg(
        "-i", EXAMPLE, "-t", "60", "-filter_complex", sides, "-c:a", "aac", "-b:a", "96k", path.with_name("1.m4a")
    )
    run_ffmpeg("-stream_loop", str(minutes - 1), "-i", path.with_name("1.m4a"), "-c", "copy", path)
    return path


def peak_memory_mb(source: Path, output: Path) -> float:
    """Return the highest sum of proportional set sizes (Linux) of a process that masters, and its children."""
    script = (
        "import sys; from pathlib import Path; from pitchcast.audio.master import master_recording;"
        "from pitchcast.model.show import AudioSettings;"
        "master_recording(Path(sys.argv[1]), Path(sys.argv[2]), AudioSettings())"
    )
    peak = 0.0
    with subprocess.Popen([sys.executable, "-c", script, str(source), str(output)]) as run:
        while run.poll() is None:
            peak = max(peak, sum(_pss_mb(pid) for pid in (run.pid, *_children(run.pid))))
            time.sleep(MEASURE_EVERY_S)
    assert run.returncode == 0
    return peak


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def show_speed(folder: Path) -> None:
    source = make_recording(folder / "ten.m4a", 10)
    ours = seconds(lambda: master_recording(source, folder / "out.mp3", AudioSettings()))
    wav = folder / "ten.wav"
    decode = seconds(lambda: run_ffmpeg("-i", source, "-c:a", "pcm_f32le", wav))
    encode = seconds(lambda: run_ffmpeg("-i", wav, "-b:a", "192k", folder / "floor.mp3"))
    verify = seconds(
        lambda: run_ffmpeg("-i", folder / "floor.mp3", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-")
    )
    floor = (decode + encode + verify) / (os.cpu_count() or 1)
    print(f"10 min of stereo m4a, {os.cpu_count()} cores, {find_ffmpeg().name}")
    print(f"decode {decode:.1f} s, encode {encode:.1f} s, verify {verify:.1f} s: floor {floor:.1f} s on all cores")
    print(f"pitchcast {ours:.1f} s: {ours / floor:.1f} times the floor")


def seconds(work) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


BENCHMARKS = {"accuracy": show_accuracy, "memory": show_memory, "speed": show_speed}


def main() -> None:
    for name in sys.argv[1:] or BENCHMARKS:
        with tempfile.TemporaryDirectory() as folder:
            BENCHMARKS[name](Path(folder))
        print()


if __name__ == "__main__":
    main()
