"""The advisory check ends with what was really found out."""

import subprocess
import sys

import pytest

from tests.supply.advisories import CLEAN, HOLES, main
from tests.supply.pins import FILES, ROOT, read_pins
from tests.supply.service import about, serving


def test_every_pinned_package_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    packages = {(pin.name, pin.version) for pinned in FILES for pin in read_pins(ROOT / pinned.file)}
    with serving(about({})) as service:
        assert main(["--service", service]) == CLEAN
    assert capsys.readouterr().out == f"{len(packages)} packages audited, 0 known holes.\n"


def test_a_known_hole_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(about({"lxml": ["GHSA-vfmq-68hx-4jfw", "PYSEC-2026-1"]})) as service:
        assert main(["--service", service]) == HOLES
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("lxml ")
    assert first.endswith(": GHSA-vfmq-68hx-4jfw")
    assert second.endswith(": PYSEC-2026-1")
    assert last.endswith("audited, 2 known holes.")


def test_a_hole_that_does_not_concern_us_is_still_named(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(about({"dask": ["GHSA-a"], "lxml": ["GHSA-b"]})) as service:
        assert main(["--service", service, "--accept", "GHSA-a"]) == HOLES
        assert main(["--service", service, "--accept", "GHSA-a", "--accept", "GHSA-b"]) == CLEAN
    assert ": GHSA-a (accepted)\n" in capsys.readouterr().out


def test_it_is_a_command() -> None:
    with serving(about({"lxml": ["GHSA-b"]})) as service:
        done = subprocess.run(
            [sys.executable, "-m", "tests.supply.advisories", "--service", service, "docs/requirements.txt"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == HOLES
    assert done.stdout.splitlines()[0].endswith(": GHSA-b")
