"""The files of pinned packages: which there are, how they are read, and whether they fit pyproject.toml."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

SYSTEMS = (("linux", "Linux"), ("darwin", "Darwin"), ("win32", "Windows"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})(?=\s|$)")
_NEEDED_BY = re.compile(
    r"#(?: via|  ) ([\w.-]+(?: \(pyproject\.toml.*\))?)"
)  # "# via typer", or "#   typer" below "# via"


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """What one file has to hold: the packages of the project with these extras, or of a dependency group alone."""

    file: str
    extras: tuple[str, ...] = ()
    group: str = ""


FILES = (
    Pinned(file="requirements-build.txt", group="build"),
    Pinned(file="requirements-test.txt", extras=("test",)),
    Pinned(file="requirements-lint.txt", extras=("lint",)),
    Pinned(file="benchmarks/requirements.txt", extras=("bench",)),
    Pinned(file="docs/requirements.txt"),
    Pinned(file="docs/requirements-all.txt", extras=("strong", "xlsx", "fast", "dask", "stats")),
)
"""In the order in which they are made: a package has the same version in all of them."""


class NotPinned(ValueError):
    """A line of a file that is not one version of a package with its hashes."""


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One version of a package, the hashes of its files, and what asked for it."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...] = ()

    def holds(self, environment: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


def read_pins(path: Path) -> list[Pin]:
    """Return the pins of a file. Raises NotPinned for any line that pins nothing: an option, an address, no hash."""
    pins = []
    for entry in _entries(path.read_text("utf-8")):
        try:
            pins.append(_pin(entry))
        except InvalidRequirement as error:
            raise NotPinned(f"{path.name}: {entry[0]}") from error
        except NotPinned as error:
            raise NotPinned(f"{path.name}: {error}") from error
    return pins


def _entries(text: str) -> Iterator[list[str]]:
    """Yield each requirement as its lines, with the indented ones that follow it."""
    entry: list[str] = []
    for line in text.splitlines():
        indented = line.startswith(" ")
        if not indented and entry:
            yield entry
            entry = []
        if indented or not line.startswith("#"):
            entry.append(line.strip())
    if entry:
        yield entry


def _pin(entry: list[str]) -> Pin:
    lines = [line for line in entry if not line.startswith("#")]
    joined = " ".join(line.removesuffix("\\").strip() for line in lines)
    hashes = tuple(_HASH.findall(joined))
    written = Requirement(_HASH.sub("", joined).strip())
    exact = re.fullmatch(r"==([^*,]+)", str(written.specifier))
    if not exact or written.url or not hashes:
        raise NotPinned(joined)
    found = (_NEEDED_BY.fullmatch(line) for line in entry)
    needed_by = tuple(match[1] for match in found if match)
    return Pin(
        name=canonicalize_name(written.name),
        version=exact[1],
        marker=written.marker,
        hashes=hashes,
        needed_by=needed_by,
    )


def read_project(root: Path = ROOT) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def wanted(project: dict[str, Any], pinned: Pinned) -> list[Requirement]:
    """Return what pyproject.toml asks for where that file is installed."""
    if pinned.group:
        texts = [*project["dependency-groups"][pinned.group], *project["build-system"]["requires"]]
    else:
        extras = project["project"]["optional-dependencies"]
        texts = [*project["project"]["dependencies"], *(text for extra in pinned.extras for text in extras[extra])]
    return [Requirement(text) for text in texts]


def environments() -> Iterator[dict[str, str]]:
    """Yield every system and Python that pitchcast is made for, as markers see them."""
    for (platform, system), python in product(SYSTEMS, PYTHONS):
        yield {
            "sys_platform": platform,
            "platform_system": system,
            "os_name": "nt" if platform == "win32" else "posix",
            "python_version": python,
            "python_full_version": f"{python}.1",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
        }


def misfits(requirements: Sequence[Requirement], pins: Sequence[Pin]) -> list[str]:
    """Return what the pins leave open: a package without a pin on some system, with two, or of another version."""
    found = set()
    for environment, requirement in product(environments(), requirements):
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        name = canonicalize_name(requirement.name)
        versions = [pin.version for pin in pins if pin.name == name and pin.holds(environment)]
        if len(versions) != 1 or not requirement.specifier.contains(versions[0], prereleases=True):
            where = f"Python {environment['python_version']} on {environment['platform_system']}"
            found.add(f"{requirement}: {', '.join(versions) or 'nothing'} is pinned for {where}")
    return sorted(found)
