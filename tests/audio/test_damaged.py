"""Two hundred damaged recordings: heard rightly, or told what is lost and where; none refused for a little of it."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from pitchcast.audio.master import master_recording
from pitchcast.errors import RecordingError
from pitchcast.model.show import AudioSettings
from tests.audio import damaged
from tests.audio.meters import heard_lufs

FILES_OF_A_KIND = 40
HEARD_OF_A_KIND = 30
RATE_HZ = 48_000
HEARD, A_TENTH_LOST = 0.85, 0.9
PLACE = re.compile(r"damaged.*, at \d+:\d\d\.\d|cut short|after \d+ s")
SETTINGS = AudioSettings(trim_silence=False, level="never", bitrate_kbps=64)


@dataclass(frozen=True)
class Outcome:
    """What came of a file: the share of the voice that is heard, and what was said of it."""

    name: str
    heard: float
    lufs: float
    said: str
    refused: bool


@pytest.fixture(scope="module")
def whole(speech_wav: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return {kind: damaged.write_whole(speech_wav, kind, folder / f"whole.{kind}") for kind in damaged.CODECS}


def _outcomes(whole: Path, folder: Path, change: Callable[[bytes, str], bytes], count: int) -> list[Outcome]:
    reference, data = damaged.mono(whole, RATE_HZ), whole.read_bytes()

    def outcome(number: int) -> Outcome:
        path, output = folder / f"{number}{whole.suffix}", folder / f"{number}.out.mp3"
        path.write_bytes(change(data, f"{whole.suffix} {number}"))
        try:
            mastered = master_recording(path, output, SETTINGS, workers=1)
        except RecordingError as refused:
            heard = damaged.heard_share(reference, damaged.mono(path, RATE_HZ), RATE_HZ)
            return Outcome(path.name, heard, 0.0, refused.message, refused=True)
        heard = damaged.heard_share(reference, damaged.mono(output, RATE_HZ), RATE_HZ)
        return Outcome(path.name, heard, heard_lufs(output), " ".join(mastered.remarks), refused=False)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(outcome, range(count)))


@pytest.mark.parametrize("kind", damaged.CODECS)
def test_changed_bytes_are_heard_or_told(kind: str, whole: dict[str, Path], tmp_path: Path) -> None:
    outcomes = _outcomes(whole[kind], tmp_path, damaged.change_bytes, FILES_OF_A_KIND)
    refused = [one for one in outcomes if one.refused]
    published = [one for one in outcomes if not one.refused]
    assert [one for one in refused if one.heard >= A_TENTH_LOST or one.name not in one.said] == []
    assert [one for one in published if one.heard < HEARD and not PLACE.search(one.said)] == []
    assert [one for one in published if one.heard >= HEARD and abs(one.lufs + 16) > 0.5] == []
    counted = Counter(one.heard >= HEARD for one in published)
    assert counted[True] >= HEARD_OF_A_KIND, counted
