"""Which way letters run: a line in the order in which it is drawn, and Arabic letters as they join.

It is the part of the Unicode bidirectional algorithm [UAX 9] that titles and names need: no embeddings, which covers
leave out. Pillow joins letters only where the system has FriBiDi, which Windows and macOS have not; ``drawn_letters``
is for them.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby

_TATWEEL = "\u0640"
_ZERO_WIDTH_JOINER = "\u200d"
_ARABIC_FORMS = (*range(0xFB50, 0xFDD0), *range(0xFE70, 0xFF00))
_MIRRORED = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))


@dataclass(frozen=True)
class DirectedRun:
    """Neighbouring letters of one font that run one way, in the order in which they are read."""

    font: str
    text: str
    right_to_left: bool


def in_visual_order(runs: Iterable[tuple[str, str]], *, right_to_left: bool) -> list[DirectedRun]:
    """Return a line's runs (font file, text) as they stand from left to right, each piece running one way."""
    letters = [(font, letter) for font, text in runs for letter in text]
    levels = levels_of("".join(letter for _, letter in letters), right_to_left=right_to_left)
    pieces = []
    for (font, level), group in groupby(zip(letters, levels, strict=True), lambda one: (one[0][0], one[1])):
        pieces.append((level, DirectedRun(font, "".join(letter for (_, letter), _ in group), level % 2 == 1)))
    for lowest in (2, 1):  # rule L2: what lies deepest is turned round first
        turned: list[tuple[int, DirectedRun]] = []
        for is_deep, neighbours in groupby(pieces, lambda one, lowest=lowest: one[0] >= lowest):  # type: ignore[misc]
            group_of = list(neighbours)
            turned += reversed(group_of) if is_deep else group_of
        pieces = turned
    return [piece for _, piece in pieces]


def levels_of(text: str, *, right_to_left: bool) -> list[int]:
    """Return the embedding level of each letter: odd ones run right to left [UAX 9, rules W1 to I2]."""
    base = "R" if right_to_left else "L"
    kinds = _with_neutrals(_with_brackets(text, _kinds(text, base), base), base)
    inner = {"R": 1, "L": 2, "N": 2} if right_to_left else {"L": 0, "R": 1, "N": 2}
    return [inner[kind] for kind in kinds]


def _kinds(text: str, base: str) -> list[str]:
    """Return of each letter whether it runs left (L), right to left (R), is a digit among those (N), or neither (0)."""
    kinds: list[str] = []
    strong = base
    for place, letter in enumerate(text):
        direction = unicodedata.bidirectional(letter)
        if direction in ("L", "R", "AL"):
            strong = "L" if direction == "L" else "R"
            kinds.append(strong)
        elif direction in ("EN", "AN") or _joins_digits(text, place):
            kinds.append("N" if strong == "R" else "L")
        elif direction in ("NSM", "BN") and kinds:
            kinds.append(kinds[-1])
        else:
            kinds.append("0")
    return kinds


def _joins_digits(text: str, place: int) -> bool:
    """Return whether a sign belongs to the number around it: ``1,000``, ``50%``."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    direction = unicodedata.bidirectional(text[place])
    if direction == "ET":
        return before.isdecimal() or after.isdecimal()
    return direction in ("CS", "ES") and before.isdecimal() and after.isdecimal()


def _with_brackets(text: str, kinds: list[str], base: str) -> list[str]:
    """Return the kinds with both brackets of a pair alike: as what they hold, or as the line [N0]."""
    found = kinds.copy()
    opened: list[int] = []
    for place, letter in enumerate(text):
        if letter in "([{":
            opened.append(place)
        elif letter in ")]}" and opened and _MIRRORED[text[opened[-1]]] == letter:
            start = opened.pop()
            held = _strong(found[start + 1 : place])
            before = (_strong(found[:start]) or [base])[-1]
            if held:
                found[start] = found[place] = base if base in held or before == base else held[0]
    return found


def _strong(kinds: list[str]) -> list[str]:
    """Return the directions among the kinds; digits that run within what runs right to left count as that."""
    return ["R" if kind == "N" else kind for kind in kinds if kind != "0"]


def _with_neutrals(kinds: list[str], base: str) -> list[str]:
    """Return the kinds with each neutral as its neighbours are where these agree, else as the line [N1, N2]."""
    found = kinds.copy()
    at = 0
    for kind, group in groupby(kinds):
        end = at + len(list(group))
        if kind == "0":
            before = kinds[at - 1] if at else base
            after = kinds[end] if end < len(kinds) else base
            around = {"R" if one == "N" else one for one in (before, after)}
            found[at:end] = [around.pop() if len(around) == 1 else base] * (end - at)
        at = end
    return found


def drawn_letters(text: str, has: Callable[[str], bool]) -> str:
    """Return a piece that runs right to left as its letters are drawn from left to right.

    Arabic ones are in the forms in which they join, as far as the font *has* these; brackets are turned round.
    """
    clusters: list[str] = []
    for letter in _joined(text, has):
        if unicodedata.category(letter).startswith("M") and clusters:
            clusters[-1] += letter
        else:
            clusters.append(_MIRRORED.get(letter, letter))
    return "".join(reversed(clusters))


def _joined(text: str, has: Callable[[str], bool]) -> str:
    """Return Arabic letters in the forms that their neighbours ask for, with lam and alef as one."""
    text = _with_ligatures(text, has)
    drawn = []
    for place, letter in enumerate(text):
        before = _neighbour(text[:place][::-1])
        after = _neighbour(text[place + 1 :])
        to_the_right = _joins_onward(before) and _joins_back(letter)
        to_the_left = _joins_onward(letter) and _joins_back(after)
        name = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
            (to_the_right, to_the_left), "isolated"
        )
        form = _forms().get((letter, name), letter)
        drawn.append(form if has(form) else letter)
    return "".join(drawn)


def _with_ligatures(text: str, has: Callable[[str], bool]) -> str:
    """Return the text with lam and alef as the one letter that every Arabic font draws for them."""
    for pair, ligature in _ligatures().items():
        if pair in text and has(ligature):
            text = text.replace(pair, ligature)
    return text


def _neighbour(letters: str) -> str:
    """Return the first letter that is not a mark above or below another, "" where there is none."""
    return next((letter for letter in letters if not unicodedata.category(letter).startswith("M")), "")


def _joins_onward(letter: str) -> bool:
    """Return whether a letter is joined to the one that is read after it."""
    return letter in (_TATWEEL, _ZERO_WIDTH_JOINER) or (letter, "initial") in _forms()


def _joins_back(letter: str) -> bool:
    """Return whether a letter is joined to the one that is read before it."""
    return letter in (_TATWEEL, _ZERO_WIDTH_JOINER) or (letter, "final") in _forms()


@cache
def _forms() -> dict[tuple[str, str], str]:
    """Return Arabic letters as they look in a place: ``initial``, ``medial``, ``final``, ``isolated``."""
    forms: dict[tuple[str, str], str] = {}
    for point in _ARABIC_FORMS:
        kind, *letters = unicodedata.decomposition(chr(point)).split() or [""]
        if len(letters) == 1 and kind.startswith("<"):
            forms.setdefault((chr(int(letters[0], 16)), kind.strip("<>")), chr(point))
    for isolated in _ligatures().values():
        final = chr(ord(isolated) + 1)  # each is followed by its final form
        forms |= {(isolated, "isolated"): isolated, (isolated, "final"): final}
    return forms


@cache
def _ligatures() -> dict[str, str]:
    """Return lam with each alef, and the letter that stands for both."""
    return {"\u0644" + alef: chr(0xFEF5 + 2 * place) for place, alef in enumerate("\u0622\u0623\u0625\u0627")}
