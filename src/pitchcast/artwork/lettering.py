"""Text set in a box: its fonts, its size, and the lines that it is broken into.

Fonts are the system's own. A letter that the first choice lacks is drawn in any font that has it, and left out where
none does: a cover never shows boxes in place of letters.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

from pitchcast.artwork.bidi import DirectedRun, drawn_letters, in_visual_order

Font = ImageFont.FreeTypeFont

_MAX_LETTERS = 300  # more than fits a cover at the smallest size
_SMALLER = 0.94
_LEADING = 1.18
_PROBE_PX = 40
_NO_LETTER = "\U0010fffe"  # a noncharacter: every font draws its "missing" sign for it
_NEUTRAL = ("M", "Z", "Cf")  # marks, spaces and joiners belong to the letter before them
_ELLIPSIS = "…"

# Bold sans-serifs that systems bring, best first; then whatever else has the letters that these lack.
_PREFERRED = (
    "inter-bold",
    "segoeuib",
    "notosans-bold",
    "arial bold",
    "arialbd",
    "liberationsans-bold",
    "dejavusans-bold",
    "notosanscjk-bold",
    "hiragino sans gb",
    "msyhbd",
    "yugothb",
    "malgunbd",
    "leelawub",
    "nirmalab",
    "arial unicode",
    "notosans-regular",
    "dejavusans",
)
_MAX_FONTS = 600


@dataclass(frozen=True)
class Token:
    """What is never broken: a word, or one letter of a script that breaks anywhere. Runs are (font file, text)."""

    runs: tuple[tuple[str, str], ...]
    spaced: bool


@dataclass(frozen=True)
class Setting:
    """A text broken into lines of one size. *right_to_left* lines start at the right edge."""

    lines: tuple[tuple[Token, ...], ...]
    size_px: int
    right_to_left: bool

    @property
    def line_height_px(self) -> int:
        """Return the distance from one baseline to the next."""
        return round(self.size_px * _LEADING)

    @property
    def height_px(self) -> int:
        """Return the height of all lines."""
        return self.line_height_px * len(self.lines)


def set_text(text: str, *, width_px: int, height_px: int, largest_px: int, smallest_px: int) -> Setting:
    """Return *text* set as large as the box allows; words stay whole if they can, and what is too long ends in an …."""
    tokens = _tokens(_printable(text))
    right_to_left = _is_right_to_left(text)
    for pieces in (tokens, _letters(tokens)):
        size = largest_px
        while size >= smallest_px:
            lines = _broken(pieces, size, width_px)
            if lines is not None and len(lines) * size * _LEADING <= height_px:
                return Setting(lines, size, right_to_left)
            size = int(size * _SMALLER)
    room = max(1, int(height_px / (smallest_px * _LEADING)))
    lines = _broken(_letters(tokens), smallest_px, width_px)
    if not lines:  # not even one letter fits
        return Setting((), smallest_px, right_to_left)
    lines = lines[:room]
    return Setting((*lines[:-1], _cut(lines[-1], smallest_px, width_px)), smallest_px, right_to_left)


def draw_text(draw: ImageDraw.ImageDraw, setting: Setting, left_px: int, top_px: int, width_px: int, fill: str) -> None:
    """Draw a set text whose box starts at *left_px*, *top_px*."""
    baseline = top_px + setting.size_px
    for line in setting.lines:
        pieces = in_visual_order(_line_runs(line), right_to_left=setting.right_to_left)
        x = float(left_px)
        if setting.right_to_left:
            x += width_px - sum(_length(piece, setting.size_px) for piece in pieces)
        for piece in pieces:
            text, direction = _as_drawn(piece)
            font = _font(piece.font, setting.size_px)
            draw.text((x, baseline), text, font=font, fill=fill, anchor="ls", direction=direction)
            x += _length(piece, setting.size_px)
        baseline += setting.line_height_px


def missing_letters(text: str) -> str:
    """Return the letters that no font of this machine has, each once: covers leave them out."""
    wanted = dict.fromkeys(letter for letter in _printable(text) if not _is_neutral(letter))
    return "".join(letter for letter in wanted if _font_with(letter, "") is None)


def font_folders() -> tuple[Path, ...]:
    """Return where Linux, macOS and Windows keep fonts, as far as those folders exist."""
    home = Path.home()
    folders = [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        home / "Library/Fonts",
        *(Path(root) / "Fonts" for root in [os.environ.get("WINDIR")] if root),
        *(Path(root) / "Microsoft/Windows/Fonts" for root in [os.environ.get("LOCALAPPDATA")] if root),
    ]
    return tuple(folder for folder in folders if folder.is_dir())


def font_files(folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the font files to try, best first; the order doesn't depend on the file system's."""
    found = (
        file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in (".ttf", ".otf", ".ttc")
    )
    return tuple(str(file) for file in sorted(found, key=_rank)[:_MAX_FONTS])


def _rank(file: Path) -> tuple[int, int, str, str]:
    stem = file.stem.lower()
    preferred = _PREFERRED.index(stem) if stem in _PREFERRED else len(_PREFERRED)
    bad = any(word in stem for word in ("italic", "oblique", "mono", "emoji", "symbol", "math", "condensed", "narrow"))
    plainness = 3 * bad + ("noto" not in stem) + ("bold" not in stem)
    return preferred, plainness, stem, str(file)


@cache
def _candidates() -> tuple[str, ...]:
    """Return the font files of this machine; "" stands for the font that Pillow itself brings."""
    return (*font_files(font_folders()), "")


@lru_cache(maxsize=256)
def _font(file: str, size_px: int) -> Font:
    if file:
        return ImageFont.truetype(file, size_px)
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - narrows the type: with a size it is always this one
    return font


@lru_cache(maxsize=65536)
def _has(file: str, letter: str) -> bool:
    """Return whether a font draws *letter* as anything but nothing or its "missing" sign."""
    try:
        mask = bytes(_font(file, _PROBE_PX).getmask(letter))
        return any(mask) and mask != bytes(_font(file, _PROBE_PX).getmask(_NO_LETTER))
    except (OSError, ValueError):  # a damaged font, or one that has bitmaps of other sizes only
        return False


@lru_cache(maxsize=65536)
def _font_with(letter: str, first: str) -> str | None:
    return next((file for file in (first, *_candidates()) if _has(file, letter)), None)


def _printable(text: str) -> str:
    """Return the beginning of *text* on one line, composed, without what is no letter: controls, lone surrogates."""
    kept = (letter for letter in text[: 2 * _MAX_LETTERS] if letter.isspace() or _is_drawable(letter))
    line = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    return line if len(line) <= _MAX_LETTERS else line[:_MAX_LETTERS] + _ELLIPSIS


def _is_drawable(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cs", "Co", "Cn")


def _is_right_to_left(text: str) -> bool:
    """Return whether the first letter with a direction runs right to left (Unicode bidi algorithm, rule P2)."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((direction != "L" for direction in directions if direction in ("L", "R", "AL")), False)


def _tokens(text: str) -> tuple[Token, ...]:
    first = _main_font(text)
    tokens = []
    for word in text.split():
        for number, part in enumerate(_parts(word)):
            if runs := tuple(_runs(part, first)):
                tokens.append(Token(runs, spaced=number == 0))
    return tuple(tokens)


def _main_font(text: str) -> str:
    """Return the best font that has the most of the letters, so that most texts need only one."""
    letters = {letter for letter in text if not _is_neutral(letter)}
    best, best_count = "", 0
    for file in _candidates()[: len(_PREFERRED)]:
        count = sum(_has(file, letter) for letter in letters)
        if count > best_count:
            best, best_count = file, count
        if count == len(letters):
            break
    return best


def _parts(word: str) -> Iterator[str]:
    """Yield what may stand on lines of its own: wide (East Asian) letters, and the rest up to each hyphen."""
    part = ""
    for letter in word:
        if part and not _is_neutral(letter) and (_is_wide(letter) or _is_wide(part[-1]) or part[-1] == "-"):
            yield part
            part = ""
        part += letter
    yield part


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _runs(text: str, first: str) -> Iterator[tuple[str, str]]:
    """Yield *text* in pieces that one font can draw, without the letters that no font has."""
    drawn: list[tuple[str, str]] = []
    for letter in text:
        if not _is_neutral(letter):
            file = _font_with(letter, first)
            if file is not None:
                drawn.append((file, letter))
        elif drawn:
            drawn.append((drawn[-1][0], letter))
    for file, letters in groupby(drawn, lambda piece: piece[0]):
        yield file, "".join(letter for _, letter in letters)


def _is_neutral(letter: str) -> bool:
    return unicodedata.category(letter).startswith(_NEUTRAL)


def _letters(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return the tokens broken into letters with their marks, for words that are wider than the box."""
    broken: list[Token] = []
    for token in tokens:
        spaced = token.spaced
        for file, text in token.runs:
            for cluster in _clusters(text):
                broken.append(Token(((file, cluster),), spaced))
                spaced = False
    return tuple(broken)


def _clusters(text: str) -> Iterator[str]:
    cluster = ""
    for letter in text:
        if cluster and not _is_neutral(letter):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def _broken(tokens: tuple[Token, ...], size_px: int, width_px: int) -> tuple[tuple[Token, ...], ...] | None:
    """Return *tokens* in lines no wider than the box, or None where one alone is wider."""
    lines: list[list[Token]] = []
    for token in tokens:
        if lines and _width((*lines[-1], token), size_px) <= width_px:
            lines[-1].append(token)
        elif _width((token,), size_px) <= width_px:
            lines.append([token])
        else:
            return None
    return tuple(map(tuple, lines))


def _cut(line: tuple[Token, ...], size_px: int, width_px: int) -> tuple[Token, ...]:
    ellipsis = Token(((_font_with(_ELLIPSIS, line[-1].runs[-1][0]) or "", _ELLIPSIS),), spaced=False)
    while line and _width((*line, ellipsis), size_px) > width_px:
        line = line[:-1]
    return (*line, ellipsis)


def _line_runs(line: tuple[Token, ...]) -> list[tuple[str, str]]:
    """Return a line's runs with neighbours of one font joined, so that letters connect and bidi order holds."""
    runs: list[tuple[str, str]] = []
    for number, token in enumerate(line):
        for place, (file, text) in enumerate(token.runs):
            piece = f" {text}" if number and not place and token.spaced else text
            if runs and runs[-1][0] == file:
                runs[-1] = (file, runs[-1][1] + piece)
            else:
                runs.append((file, piece))
    return runs


def _width(line: tuple[Token, ...], size_px: int) -> float:
    return _runs_width(_line_runs(line), size_px)


def _runs_width(runs: list[tuple[str, str]], size_px: int) -> float:
    return sum(_length(piece, size_px) for piece in in_visual_order(runs, right_to_left=False))


def _length(piece: DirectedRun, size_px: int) -> float:
    text, direction = _as_drawn(piece)
    return _font(piece.font, size_px).getlength(text, direction=direction)


def _as_drawn(piece: DirectedRun) -> tuple[str, str | None]:
    """Return a piece's text and direction for Pillow; where it cannot join letters, as drawn from left to right.

    It can where it finds FriBiDi on this machine, but not with the font that it brings itself.
    """
    if _font(piece.font, _PROBE_PX).layout_engine == ImageFont.Layout.RAQM:
        return piece.text, "rtl" if piece.right_to_left else "ltr"
    if not piece.right_to_left:
        return piece.text, None
    return drawn_letters(piece.text, lambda letter: _has(piece.font, letter)), None
