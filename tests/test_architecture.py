"""The map of the code names what is there, and the index of decisions names every decision."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pitchcast"
MAP = ROOT / "docs" / "architecture.md"
DECISIONS = ROOT / "docs" / "decisions"

TOP = "At the top"
"""The heading of what lies in no folder of src/pitchcast."""


def section(heading: str) -> str:
    """Return what stands below a heading of the second level, up to the next one."""
    text = MAP.read_text(encoding="utf-8")
    _, _, below = text.partition(f"\n## {heading}\n")
    return below.partition("\n## ")[0]


def mapped() -> Iterator[tuple[str, str]]:
    """Yield each folder and file of the map, as paths below src/pitchcast, with the sentence about it."""
    folder = ""
    for line in section("The map").splitlines():
        if heading := re.fullmatch(r"### (.+)", line):
            folder = "" if heading[1] == TOP else heading[1]
            if folder:
                yield folder, "a package"
        elif entry := re.fullmatch(r"- `([^`]+)`: (.+)", line):
            yield folder + entry[1], entry[2]
        else:
            assert not line.startswith("- "), f"not of the form “- `file.py`: sentence”: {line}"


def is_docstring_alone(path: Path) -> bool:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return len(body) == 1 and ast.get_docstring(ast.Module(body, [])) is not None


def in_the_tree() -> Iterator[str]:
    """Yield what the map has to name: every package, every module that holds code, and the folder of templates."""
    for path in SOURCE.rglob("*.py"):
        relative = path.relative_to(SOURCE)
        is_package = path.name == "__init__.py"
        if is_package and relative.parent.parts:
            yield f"{relative.parent.as_posix()}/"
        if not (is_package and is_docstring_alone(path)):
            yield relative.as_posix()
    yield "page/templates/"


def start_here() -> list[str]:
    """Return the paths in the second column of the table "To add X, start here"."""
    rows = [line for line in section("To add X, start here").splitlines() if line.startswith("| ")]
    places = [row.split(" | ", 1)[1] for row in rows]
    quoted = [text for place in places for text in re.findall(r"`([^`]+)`", place)]
    return [text for text in quoted if "/" in text or text.endswith((".py", ".md", ".toml"))]


def test_the_map_names_every_module_exactly_once() -> None:
    named = [path for path, _ in mapped()]
    assert sorted(named) == sorted(in_the_tree())


def test_every_sentence_of_the_map_states_something() -> None:
    odd = [path for path, sentence in mapped() if "?" in sentence or (path.endswith(".py") and sentence[-1] != ".")]
    assert odd == []


def test_the_map_follows_the_order_of_the_layers() -> None:
    """A folder stands after those that may import it; pyproject.toml has the layers, the map explains them."""
    order = [path.partition("/")[0] for path, _ in mapped() if path.endswith("/")]
    rank = {name: number for number, layer in enumerate(layers()) for name in layer}
    ranks = [rank[name] for name in order]
    assert ranks == sorted(ranks)


def layers() -> list[list[str]]:
    """Return the layers that architecture.md shows, highest first."""
    drawn = section("Layers").split("```")[1]
    return [line.split(" | ") for line in drawn.strip().splitlines()]


def test_the_layers_are_those_that_are_checked() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    checked = re.search(r"^layers = \[\n(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert checked
    names = [line.split(" | ") for line in re.findall(r'"(.+)"', checked[1])]
    assert layers() == [layer for layer in names if layer != ["__main__"]]


@pytest.mark.parametrize("place", start_here())
def test_a_place_to_start_at_exists(place: str) -> None:
    assert (SOURCE / place).exists() or (ROOT / place).exists()


def test_the_table_of_places_to_start_at_is_read() -> None:
    assert {"workflows/", "config/keys.py", "tests/storage/test_bucket.py"} <= set(start_here())


def test_the_index_names_every_decision_exactly_once_by_its_title() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    named = sorted((name, title) for title, name in re.findall(r"^- \[(.+)\]\((.+)\)$", index, re.MULTILINE))
    files = [path for path in DECISIONS.iterdir() if path.name != "README.md"]
    titles = [path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for path in files]
    assert named == sorted(zip([path.name for path in files], titles, strict=True))


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("[a-z]*.md")), ids=lambda path: path.stem)
def test_a_decision_says_why_and_what_was_rejected(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    parts = re.fullmatch(r"# (.+)\n\n## Why\n\n(.+)\n\n## Rejected\n\n(.+)\n", text, re.DOTALL)
    assert parts
    assert "?" not in parts[1]
