"""Words for people: sound without numbers, codes that scan, and nothing cut at 80 columns."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from pitchcast.cli.display import wrapped
from pitchcast.cli.reference import all_help
from pitchcast.cli.sound import length, sound
from tests.cli.test_terminal import Terminal
from tests.fixtures.program import Run

PITCH = "New Recording 12.m4a"
EPISODE = "new-recording-12"
Screen = Callable[..., str]
NUMBERS = re.compile(r"LUFS|dBTP")


@pytest.mark.parametrize(
    ("heard_lufs", "true_peak_dbtp", "said"),
    [
        (-16.0, -1.0, "fine for podcast apps"),
        (-14.0, -1.0, "fine for podcast apps"),
        (-17.5, -9.0, "fine for podcast apps"),
        (-18.1, -1.0, "quieter than other podcasts"),
        (-12.9, -1.0, "louder than other podcasts"),
        (-16.0, 0.1, "may distort: its peaks are too high"),
    ],
)
def test_sound_is_fine_unless_it_is_not(heard_lufs: float, true_peak_dbtp: float, said: str) -> None:
    assert sound(heard_lufs, true_peak_dbtp) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3.2, "3 s"), (59.4, "59 s"), (59.6, "1 min"), (240, "4 min"), (3599, "1 h 0 min"), (3900, "1 h 5 min")],
)
def test_length_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert length(seconds) == said


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("publish", "another pitch.wav", "--to", "acme-corp", "--title", "Second"), id="publish"),
        pytest.param(("episodes", "replace", EPISODE, "another pitch.wav", "--yes"), id="replace"),
        pytest.param(
            ("episodes", "deliver", EPISODE, "--to", "acme-corp", "--greeting", "another pitch.wav"), id="greet"
        ),
        pytest.param(("episodes", "show", EPISODE), id="show"),
        pytest.param(("audio", "inspect", PITCH), id="inspect"),
        pytest.param(("audio", "master", PITCH, "-o", "out.mp3"), id="master"),
    ],
)
@pytest.mark.parametrize("verbose", [False, True], ids=["plain", "verbose"])
def test_loudness_in_numbers_is_for_those_who_ask(
    published: Path, pitchcast: Run, other_recording: Path, arguments: tuple[str, ...], verbose: bool
) -> None:
    done = pitchcast(*arguments, *(["-v"] if verbose else []))
    assert done.code == 0, done.err
    assert bool(NUMBERS.search(done.out + done.err)) == verbose


@pytest.fixture
def screen_of(published: Path, clean_environment: dict[str, str]) -> Iterator[Screen]:
    opened: list[Terminal] = []

    def run(*arguments: str, **environment: str) -> str:
        opened.append(Terminal(list(arguments), published, {**clean_environment, **environment}))
        return opened[-1].end()[2]

    yield run
    for terminal in opened:
        terminal.close()


def read_code(lines: list[str], *, ink: int, paper: int) -> str:
    """Return what a phone reads, which takes no code for the other way round, from block characters as drawn."""
    width = max(map(len, lines))
    halves = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}
    picture = Image.new("L", (width + 8, 2 * len(lines) + 8), paper)
    for y, line in enumerate(lines):
        for x, letter in enumerate(line):
            for half, is_drawn in enumerate(halves[letter]):
                picture.putpixel((x + 4, 2 * y + half + 4), ink if is_drawn else paper)
    size = (picture.width * 4, picture.height * 4)
    codes = zxingcpp.read_barcodes(picture.resize(size, Image.Resampling.NEAREST), try_invert=False)
    return codes[0].text if codes else ""


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_a_code_without_colours_scans_on_a_dark_terminal(
    published: Path, pitchcast: Run, screen_of: Screen, environment: dict[str, str]
) -> None:
    link = pitchcast("link", "acme-corp").out.strip()
    drawn = code_on(screen_of("link", "acme-corp", "--qr", **environment))
    assert read_code(drawn, ink=230, paper=20) == link
    assert read_code(drawn, ink=20, paper=230) == ""


def test_a_code_with_colours_is_black_on_white(published: Path, pitchcast: Run, screen_of: Screen) -> None:
    link = pitchcast("link", "acme-corp").out.strip()
    drawn = code_on(screen_of("link", "acme-corp", "--qr"))
    assert read_code(drawn, ink=0, paper=255) == link


def code_on(screen: str) -> list[str]:
    """Return the lines of a screen that are a drawn code; those around it are words."""
    return [line for line in screen.split("\n") if line and set(line) <= set(" ▄▀█")]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("one two three", ["one two", "three"], id="words"),
        pytest.param("see https://listen.example/abc now", ["see", "https://listen.example/abc", "now"], id="a link"),
        pytest.param(
            "Undo it with: pitchcast undo NAME --yes. Then go on",
            ["Undo it", "with:", "pitchcast undo NAME --yes.", "Then go", "on"],
            id="a command",
        ),
        pytest.param("a\n\nb", ["a", "", "b"], id="lines"),
        pytest.param("  in", ["  in"], id="space in front"),
        pytest.param("", [""], id="nothing"),
    ],
)
def test_links_and_commands_stay_whole(text: str, lines: list[str]) -> None:
    assert wrapped(text, 9) == lines


def test_help_fits_eighty_columns_and_begins_with_examples() -> None:
    for path, text in all_help():
        lines = text.splitlines()
        assert max(map(len, lines)) <= 80, path
        if "  Example:" in lines:
            before = lines[2 : lines.index("  Example:")]
            assert before.count("") == 1, path  # the first sentences, and nothing else
