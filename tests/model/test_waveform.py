"""Loudness over time as a line of signs: cut, stretched and joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.model.waveform import BARS, first_part, joined_waveform, waveform_of


@pytest.mark.parametrize(
    ("energies", "waveform"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([0.0] * 500, "", id="silence"),
        pytest.param([0.3], "z" * BARS, id="one stretch"),
        pytest.param([0.02] * 1000, "z" * BARS, id="even"),
        pytest.param([1.0, 0.36, 0.0], "z" * 40 + "l" * 40 + "0" * 40, id="amplitudes, and silence is flat"),
        pytest.param([1.0, *[0.0] * (2 * BARS - 1)], f"z{'0' * (BARS - 1)}", id="a short sound is not lost"),
    ],
)
def test_waveform_shows_the_energy_of_each_stretch(energies: list[float], waveform: str) -> None:
    assert waveform_of(energies) == waveform


@given(st.lists(st.floats(0, 1e6), max_size=700))
def test_any_sound_has_as_many_signs_of_which_one_is_the_highest(energies: list[float]) -> None:
    waveform = waveform_of(energies)
    assert not waveform or (len(waveform) == BARS and max(waveform) == "z")


def test_greeting_stands_before_the_rest() -> None:
    joined = joined_waveform("z" * BARS, 0.25, "0" * 60 + "z" * 60)
    assert joined == "z" * 30 + "0" * 45 + "z" * 45
    assert first_part(joined, 0.25) == "z" * 30
    assert joined_waveform(first_part(joined, 0.25), 0.25, "0" * 60 + "z" * 60) == joined


@pytest.mark.parametrize(("front", "rest"), [("", "z"), ("z", ""), ("", "")])
def test_where_one_is_not_known_the_whole_is_not(front: str, rest: str) -> None:
    assert joined_waveform(front, 0.5, rest) == ""
    assert first_part("", 0.5) == ""
