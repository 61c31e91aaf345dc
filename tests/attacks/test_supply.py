"""Attacks through the packages that pitchcast is installed with, tried on the real pip without a network."""

import base64
import hashlib
import json
import os
import shutil
import socket
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from install import NotInstalled, install
from tests.supply.actions import movable
from tests.supply.advisories import NOT_AUDITED, main
from tests.supply.pins import FILES, ROOT, NotPinned, misfits, read_pins, read_project, wanted
from tests.supply.service import Answer, about, result, serving

BACKEND = """
import pathlib, zipfile


def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "ours-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("ours.py", "")
        wheel.writestr("ours-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: ours\\nVersion: 1\\n")
        wheel.writestr("ours-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("ours-1.dist-info/RECORD", "ours.py,,\\n")
    return name
"""
PROJECT = """
[build-system]
requires = ["evil"]
build-backend = "backend"
backend-path = ["."]
[project]
name = "ours"
version = "1"
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with nothing but pip, into which the attacks are tried."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder)
    # Copied with what is compiled already: making pip anew takes longer than all attacks.
    ours, theirs = (Path(sysconfig.get_path("purelib", vars={"base": str(base)})) for base in (sys.prefix, folder))
    for part in ours.glob("pip*"):
        if part.name == "pip" or part.name.startswith("pip-"):
            shutil.copytree(part, theirs / part.name)
    return str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of packages that pip finds; it knows no other place and no settings of this machine."""
    folder = tmp_path / "offered"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": str(folder)}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project as tests/run.py installs it; its build asks for the package *evil*."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
    (folder / "backend.py").write_text(BACKEND, "utf-8")
    (folder / "requirements-build.txt").write_text("", "utf-8")
    (folder / "requirements-test.txt").write_text("", "utf-8")
    return folder


def wheel(folder: Path, name: str, version: str = "1.0", *, code: str = "", needs: str = "", build: str = "") -> str:
    """Make a package and return how a line of a requirements file pins it."""
    facts = f"{name}-{version}.dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        f"{name}.py": code,
        f"{facts}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{facts}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    path = folder / f"{name}-{version}{build}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in {**files, f"{facts}/RECORD": f"{record}{facts}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(member), text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def installed(python: str) -> set[str]:
    """Return the packages that are there, with their versions."""
    place = sysconfig.get_path("purelib", vars={"base": str(Path(python).parents[1])})
    return {path.name.removesuffix(".dist-info") for path in Path(place).glob("*.dist-info")}


@pytest.mark.parametrize(
    ("step", "build"),
    [
        pytest.param("requirements-build.txt", "", id="of the build tools"),
        pytest.param("requirements-test.txt", "", id="of what the tests need"),
        pytest.param("requirements-build.txt", "-9", id="by another file of that version"),
    ],
)
def test_exchange_the_bytes_of_a_package(
    step: str, build: str, python: str, offered: Path, checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (checkout / step).write_text(wheel(offered, "swapped"), "utf-8")
    wheel(offered, "swapped", code="print('somebody else')\n", build=build)
    with pytest.raises(NotInstalled):
        install(python, "requirements-test.txt", ["-e", "."], root=checkout)
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert not any(package.startswith("swapped") for package in installed(python))


def test_offer_a_newer_version(python: str, offered: Path, checkout: Path) -> None:
    (checkout / "requirements-test.txt").write_text(wheel(offered, "confused"), "utf-8")
    wheel(offered, "confused", "99.0")
    install(python, "requirements-test.txt", ["-e", "."], root=checkout)
    assert "confused-1.0" in installed(python)
    assert "confused-99.0" not in installed(python)


def test_bring_along_a_package_that_nobody_pinned(
    python: str, offered: Path, checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wheel(offered, "stowaway")
    (checkout / "requirements-build.txt").write_text(wheel(offered, "carrier", needs="stowaway"), "utf-8")
    with pytest.raises(NotInstalled):
        install(python, "requirements-test.txt", ["-e", "."], root=checkout)
    assert "all requirements must have their versions pinned" in capfd.readouterr().err
    assert not {"carrier-1.0", "stowaway-1.0"} & installed(python)


def test_come_in_through_what_a_build_fetches(python: str, offered: Path, checkout: Path) -> None:
    """The project asks its build for *evil*, which could be had, and is built without it."""
    wheel(offered, "evil", code="print('here I am')\n")
    install(python, "requirements-test.txt", ["-e", "."], root=checkout)
    assert "ours-1" in installed(python)
    assert "evil-1.0" not in installed(python)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("thing==1.0", id="no hash"),
        pytest.param("thing>=1.0 {hash}", id="any version"),
        pytest.param("thing==1.* {hash}", id="a range of versions"),
        pytest.param("thing {hash}", id="no version"),
        pytest.param("thing==1.0 --hash=md5:" + "0" * 32, id="a hash that can be forged"),
        pytest.param("thing==1.0 --hash=sha256:12ab", id="half a hash"),
        pytest.param("thing @ https://example.com/thing-1.0.tar.gz {hash}", id="an address"),
        pytest.param("--index-url https://example.com/simple", id="another index"),
        pytest.param("--extra-index-url=https://example.com/simple", id="one more index"),
        pytest.param("--trusted-host example.com", id="a host without TLS"),
        pytest.param("--find-links wheels", id="a folder"),
        pytest.param("-r others.txt", id="another file"),
        pytest.param("-e ../thing", id="a checkout"),
        pytest.param("thing==1.0 {hash} --config-settings=x=y", id="an option of a package"),
    ],
)
def test_write_something_into_the_pins_that_pins_nothing(line: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(f"other==1 {_hash()}\n{line.format(hash=_hash())}\n", "utf-8")
    with pytest.raises(NotPinned, match=r"requirements\.txt: "):
        read_pins(file)


def _hash() -> str:
    return f"--hash=sha256:{'0' * 64}"


def test_add_a_dependency_without_its_pin() -> None:
    project = read_project()
    project["project"]["dependencies"].append("sneaked-in")
    project["build-system"]["requires"].append("sneaked-in")
    for pinned in FILES:
        found = misfits(wanted(project, pinned), read_pins(ROOT / pinned.file))
        assert "sneaked-in: nothing is pinned for Python 3.11 on Linux" in found
        assert all(Requirement(line.partition(":")[0]).name == "sneaked-in" for line in found)


def _fewer(queries: list[dict[str, Any]]) -> bytes:
    answer = json.loads(about({})(queries))
    return json.dumps({"results": answer["results"][:-1]}).encode()


def _more_to_come(queries: list[dict[str, Any]]) -> bytes:
    answer = json.loads(about({})(queries))
    answer["results"][1]["next_page_token"] = "more"
    return json.dumps(answer).encode()


def _everything_clean(queries: list[dict[str, Any]]) -> bytes:
    return json.dumps({"results": [{} for _ in queries]}).encode()


def _odd_holes(odd: object) -> Answer:
    def answer(queries: list[dict[str, Any]]) -> bytes:
        results = [result(query, {}) for query in queries]
        return json.dumps({"results": [*results[:-1], odd]}).encode()

    return answer


def _always(body: bytes) -> Answer:
    return lambda _: body


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(_everything_clean, 200, id="nothing has a hole"),
        pytest.param(_fewer, 200, id="about one package fewer"),
        pytest.param(_more_to_come, 200, id="only the first page"),
        pytest.param(_always(b'{"results": []}'), 200, id="about no package"),
        pytest.param(_always(b"{}"), 200, id="about nothing"),
        pytest.param(_always(b"[]"), 200, id="a list"),
        pytest.param(_always(b'{"results": {}}'), 200, id="no list"),
        pytest.param(_always(b""), 200, id="nothing at all"),
        pytest.param(_always(b"<html>Please log in</html>"), 200, id="a log-in page"),
        pytest.param(_always(b"\xff\xfe\x00"), 200, id="not text"),
        pytest.param(_always(b"[" * 100_000), 200, id="deeper than can be read"),
        pytest.param(_always(b'{"results": [' + b" " * 11_000_000 + b"]}"), 200, id="too long"),
        pytest.param(about({}), 500, id="an error"),
        pytest.param(about({}), 429, id="too many requests"),
        pytest.param(about({}), 302, id="look elsewhere"),
        pytest.param(_odd_holes(None), 200, id="null for a package"),
        pytest.param(_odd_holes({"vulns": "none"}), 200, id="a word for holes"),
        pytest.param(_odd_holes({"vulns": [{}]}), 200, id="a hole without a name"),
        pytest.param(_odd_holes({"vulns": [{"id": "\x1b[2J\x1b[H0 known holes"}]}), 200, id="a name that cleans"),
    ],
)
def test_have_the_advisory_check_pass_unseen(answer: Answer, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(answer, status, {"Location": "http://127.0.0.1:9/"} if status == 302 else None) as service:
        assert main(["--service", service]) == NOT_AUDITED
    out = capsys.readouterr().out
    assert out.startswith("Not audited: ")
    assert "\x1b" not in out


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a service that takes the question and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_silence_the_advisory_service(silent: str, free_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--service", silent, "--timeout", "0.2"]) == NOT_AUDITED
    assert main(["--service", f"http://127.0.0.1:{free_port}/"]) == NOT_AUDITED
    assert main(["--service", "http://advisories.example/"]) == NOT_AUDITED  # nobody is asked without TLS
    assert capsys.readouterr().out.count("Not audited: ") == 3


def test_leave_the_advisory_check_nothing_to_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n", "utf-8")
    loose = tmp_path / "loose.txt"
    loose.write_text("jinja2\n", "utf-8")
    with serving(about({})) as service:
        for file in (empty, loose, tmp_path / "missing.txt"):
            assert main(["--service", service, str(file)]) == NOT_AUDITED
    assert capsys.readouterr().out.count("Not audited: ") == 3


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("- uses: actions/checkout@v5", id="a tag"),
        pytest.param("- uses: actions/checkout@main", id="a branch"),
        pytest.param("- uses: actions/checkout", id="nothing"),
        pytest.param('- "uses" : "actions/checkout@v5"', id="in quotes"),
        pytest.param("- {name: x, uses: actions/checkout@v5}", id="on one line"),
        pytest.param("- uses: actions/checkout@08c6903", id="a short commit"),
        pytest.param("- uses: >-\n    actions/checkout@v5", id="on the next line"),
        pytest.param("- uses: docker://alpine:3.20", id="an image by its tag"),
        pytest.param(
            "- uses: actions/checkout@v5 # 08c6903cd8c0fde910a37f88322edcfb5dd907a8", id="a commit as comment"
        ),
    ],
)
def test_move_the_tag_of_an_action(step: str) -> None:
    assert len(movable(f"steps:\n{step}\n")) == 1
