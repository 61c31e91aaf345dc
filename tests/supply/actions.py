"""Actions that an example lets GitHub run, and which of them somebody else can exchange."""

import re
from collections.abc import Iterator

import yaml

from tests.supply.pins import ROOT

_COMMIT = re.compile(r"[\w./-]+@[0-9a-f]{40}|docker://[\w./:-]+@sha256:[0-9a-f]{64}|\./[\w./-]*")
_VERSION = re.compile(r"@[0-9a-f]{40}[\"']? +# v\d")
_FENCED = re.compile(r"```ya?ml\n(.*?)```", re.DOTALL)


def workflows() -> Iterator[tuple[str, str]]:
    """Yield every YAML text of the repository with its place: files, and examples in documents."""
    for path in sorted(ROOT.rglob("*")):
        place = path.relative_to(ROOT)
        if {".venv", "node_modules", ".git"} & set(place.parts):
            continue
        if path.suffix in (".yml", ".yaml"):
            yield place.as_posix(), path.read_text("utf-8")
        elif path.suffix == ".md":
            for block in _FENCED.findall(path.read_text("utf-8")):
                yield place.as_posix(), block


def actions(text: str) -> list[str]:
    """Return what the steps and jobs of a workflow use, as it is written there."""
    return list(_uses(yaml.safe_load(text)))


def _uses(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "uses":
                yield str(value)
            yield from _uses(value)
    elif isinstance(part, list):
        for value in part:
            yield from _uses(value)


def movable(text: str) -> list[str]:
    """Return the actions that are not named by a commit: their tag or branch can mean something else tomorrow."""
    return [action for action in actions(text) if not _COMMIT.fullmatch(action)]


def without_version(text: str) -> list[str]:
    """Return the lines with a commit that do not say in a comment which version it is."""
    return [line for line in text.splitlines() if re.search(r"@[0-9a-f]{40}", line) and not _VERSION.search(line)]
