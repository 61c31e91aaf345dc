"""Of several tracks or channels those are taken that hold speech, each voice once."""

import numpy as np
import pytest
import soundfile

from pitchcast.audio.signal.choosing import choose
from pitchcast.audio.signal.speech import Speech, SpeechDetector
from tests.audio.made_up import RATE_HZ, MadeUp, made_up_recordings
from tests.fixtures.speech import EXAMPLE, run_ffmpeg


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    run_ffmpeg("-i", EXAMPLE, "-ac", "1", "-ar", str(RATE_HZ), path)
    return soundfile.read(path)[0]


def _detect(sound: np.ndarray) -> Speech:
    detector = SpeechDetector(RATE_HZ)
    detector.feed(sound.astype(np.float32))
    return detector.speech()


def test_a_hundred_recordings_are_chosen_right_or_asked_about(speech: np.ndarray) -> None:
    """At least ninety without a question; where the choice is wrong, it does not claim to be sure."""
    unasked, wrong = 0, []
    for number, recording in enumerate(made_up_recordings(speech, 100)):
        choice = choose([_detect(track) for track in recording.tracks])
        is_right = choice.take in recording.right
        unasked += is_right and choice.sure
        if choice.sure and not is_right:
            wrong.append(_told(number, recording, choice.take))
    assert not wrong
    assert unasked >= 90


def _told(number: int, recording: MadeUp, taken: tuple[int, ...]) -> str:
    return f"{number} {recording.kind}: {taken} instead of {recording.right}"


def test_where_nothing_holds_speech_the_loudest_is_taken_and_not_sure() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 5 * RATE_HZ)
    choice = choose([_detect(0.1 * noise), _detect(noise), _detect(np.zeros(RATE_HZ))])
    assert (choice.take, choice.leave, choice.sure) == ((1,), (0, 2), False)


def test_a_single_track_is_taken_whatever_it_holds() -> None:
    assert choose([_detect(np.zeros(RATE_HZ))]).sure


def test_tracks_may_differ_in_length(speech: np.ndarray) -> None:
    long, short = _detect(speech[: 20 * RATE_HZ]), _detect(speech[25 * RATE_HZ : 32 * RATE_HZ])
    assert choose([long, short, _detect(np.zeros(0))]).take == (0, 1)
