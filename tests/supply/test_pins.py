"""What is pinned fits what pyproject.toml asks for, and is the same everywhere."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.supply.pins import FILES, ROOT, NotPinned, Pinned, misfits, read_pins, read_project, wanted

A_HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize("pinned", FILES, ids=lambda pinned: pinned.file)
def test_every_dependency_is_pinned_on_every_system(pinned: Pinned) -> None:
    assert misfits(wanted(read_project(), pinned), read_pins(ROOT / pinned.file)) == []


def test_every_extra_and_group_is_pinned_somewhere() -> None:
    project = read_project()
    extras = {extra for pinned in FILES for extra in pinned.extras}
    assert extras == set(project["project"]["optional-dependencies"])
    assert {pinned.group for pinned in FILES} - {""} == set(project["dependency-groups"])


def test_what_was_tested_is_what_users_install() -> None:
    versions = defaultdict(set)
    for pinned in FILES:
        for pin in read_pins(ROOT / pinned.file):
            versions[pin.name, str(pin.marker)].add((pin.version, pin.hashes))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("pinned", FILES, ids=lambda pinned: pinned.file)
def test_files_name_no_place_to_fetch_from(pinned: Pinned) -> None:
    text = (ROOT / pinned.file).read_text("utf-8")
    assert not re.search(r"://|^\s*-[^-]|--(?!hash=)", text, re.MULTILINE)


def test_nothing_but_feedgen_needs_to_be_built() -> None:
    """Build tools are pinned for setuptools and hatchling only; a new package of one file has to be looked at.

    Two are a single wheel for every system.
    """
    single = {pin.name for pin in read_pins(ROOT / "docs/requirements-all.txt") if len(pin.hashes) == 1}
    assert single == {"feedgen", "crawler-user-agents", "ua-parser-builtins"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("thing==1.5", [], id="fits"),
        pytest.param("thing==0.9", ["thing>=1: 0.9 is pinned for Python 3.11 on Linux"], id="too old"),
        pytest.param("other==1.5", ["thing>=1: nothing is pinned for Python 3.11 on Linux"], id="missing"),
        pytest.param(
            "thing==1.5 ; python_full_version < '3.14'",
            ["thing>=1: nothing is pinned for Python 3.14 on Linux"],
            id="missing on one Python",
        ),
        pytest.param(
            "thing==1.5 ; sys_platform != 'win32'",
            ["thing>=1: nothing is pinned for Python 3.11 on Windows"],
            id="missing on one system",
        ),
    ],
)
def test_what_does_not_fit_is_named(line: str, expected: list[str], tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"{line} {A_HASH}\n", "utf-8")
    found = misfits([Requirement("thing>=1")], read_pins(file))
    assert set(expected) <= set(found)
    assert bool(found) == bool(expected)


def test_a_marker_of_the_dependency_is_heeded(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"thing==1 ; python_full_version >= '3.13' {A_HASH}\n", "utf-8")
    assert misfits([Requirement("thing; python_version >= '3.13'")], read_pins(file)) == []


def test_who_needs_a_package_is_read(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        f"# a heading\nOne_Thing==1 \\\n    {A_HASH}\n    # via\n    #   pitchcast (pyproject.toml)\n    #   rich\n"
        f"two==2 \\\n    {A_HASH}\n    # via typer\n",
        "utf-8",
    )
    one, two = read_pins(file)
    assert (one.name, one.needed_by) == ("one-thing", ("pitchcast (pyproject.toml)", "rich"))
    assert (two.name, two.needed_by) == ("two", ("typer",))


def test_an_indented_line_before_the_first_package_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("    --index-url=x\n", "utf-8")
    with pytest.raises(NotPinned):
        read_pins(file)
