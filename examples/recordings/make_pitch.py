"""Make pitch.m4a, the example recording: a short, useful pitch, spoken by espeak-ng and saved as a phone would.

Run it to make the recording anew: ``python examples/recordings/make_pitch.py`` (needs the program espeak-ng).
The result is kept beside it, so that nobody needs espeak-ng to try pitchcast.
"""

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

TEXT = """\
Hello, and thank you for listening. My name is Dana, and in the next minute I will give you three steps
that cut a cloud bill. They are yours, whether we ever talk or not.

Step one: look. Sort last month's bill by service, and write a name next to each of the ten biggest lines.
A line without a name is a line that nobody is watching.

Step two: turn things off. Test machines do not need to run at night. Eleven hours a day and a quiet weekend
save two thirds of what they cost. Old disks, and addresses that nobody uses, are next.

Step three: ask for the discount. What you run all year can be reserved for a year, at about a third less.
Reserve half of it now, and look again in spring.

Do these in that order, because it makes no sense to reserve what you could turn off.
If you would like a second pair of eyes on your ten lines, answer my message, and we will go through them together.
"""


def speak(text: str, wav: Path) -> None:
    """Write *text* as speech, with pauses between the paragraphs."""
    command = ["espeak-ng", "-v", "en-us+f3", "-s", "184", "-g", "2", "-w", str(wav)]
    subprocess.run(command, input=text.encode("utf-8"), check=True)


def save_as_phone(wav: Path, m4a: Path) -> None:
    """Write what a phone's voice recorder would: quiet, a second of room before and after, AAC in an m4a."""
    room = "anoisesrc=color=pink:amplitude=0.0006:sample_rate=44100:seed=7"
    mix = "[0]aresample=44100,volume=-9dB,adelay=1200,apad=pad_dur=1.5[s];[s][1]amix=duration=first:normalize=0"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(wav), "-f", "lavfi", "-i", room]
    command += ["-filter_complex", mix, "-ac", "1", "-c:a", "aac", "-b:a", "56k", "-bitexact", str(m4a)]
    subprocess.run(command, check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "speech.wav"
        speak(TEXT, wav)
        save_as_phone(wav, Path(__file__).with_name("pitch.m4a"))


if __name__ == "__main__":
    main()
