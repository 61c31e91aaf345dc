"""install.py: what it says to a Python that is too old, and that running it installs, and again updates."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from install import has_pip

ROOT = Path(__file__).parents[1]
NEWER_THAN_2 = (ast.JoinedStr, ast.AnnAssign, ast.Nonlocal, ast.NamedExpr, ast.Starred, ast.AsyncFunctionDef)
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "pitchcast"
version = "1"
"""
BACKEND = """
import pathlib, zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, facts = "pitchcast-1-py3-none-any.whl", "pitchcast-1.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("pitchcast.py", pathlib.Path("code.py").read_text())
        wheel.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\\nName: pitchcast\\nVersion: 1\\n")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{facts}/entry_points.txt", "[console_scripts]\\npitchcast = pitchcast:main\\n")
        wheel.writestr(f"{facts}/RECORD", "")
    return name
"""


@pytest.mark.parametrize("name", ["install.py", "tests/run.py"])
def test_an_old_python_can_read_it(name: str) -> None:
    source = (ROOT / name).read_bytes()
    source.decode("ascii")  # Python 2 reads nothing else without being told
    tree = ast.parse(source, feature_version=(3, 4))
    newer = [node for node in ast.walk(tree) if isinstance(node, NEWER_THAN_2)]
    newer += [node for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.cause]
    newer += [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    newer += [node for node in ast.walk(tree) if isinstance(node, ast.arguments) and node.kwonlyargs]
    newer += [node for node in ast.walk(tree) if isinstance(node, ast.Dict) and None in node.keys]
    assert newer == []


def said_by_an_old_python(script: str, folder: Path, path: str) -> str:
    """Run the script as if the oldest Python that will do was newer than this one, and return what it says."""
    older = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); import install; install.OLDEST = (3, 17); "
    run = f"sys.argv = [{script!r}]; " + (
        "sys.exit(install.main())"
        if script == "install.py"
        else f"runpy.run_path({str(ROOT / script)!r}, None, '__main__')"
    )
    environment = {"PATH": path}
    done = subprocess.run(
        [sys.executable, "-c", older + run], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert not (folder / ".venv").exists()
    return done.stderr


@pytest.mark.parametrize("script", ["install.py", "tests/run.py"])
def test_an_old_python_is_told_in_one_sentence(tmp_path: Path, script: str) -> None:
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    said = said_by_an_old_python(script, tmp_path, str(tmp_path))
    assert said == (
        f"Error: pitchcast needs Python 3.17 or newer, and this is {this}; "
        "install one from https://www.python.org/downloads/ and run this again with it.\n"
    )
    for name in ("python3.16", "python3.17", "python3.18"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    said = said_by_an_old_python(script, tmp_path, str(tmp_path))
    assert said.startswith(f"Error: pitchcast needs Python 3.17 or newer, and this is {this}; run: python3.18 ")
    assert said.endswith(f"{script}\n")


def test_a_debian_that_cannot_make_environments_is_told_what_to_install(tmp_path: Path) -> None:
    shutil.copy(ROOT / "install.py", tmp_path)
    without = "import sys; sys.modules['ensurepip'] = None; import install; sys.exit(install.main())"
    done = subprocess.run([sys.executable, "-c", without], cwd=tmp_path, capture_output=True, text=True, check=False)
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(f": sudo apt install {package}\n")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the same name that needs no package, in a folder with a space."""
    folder = tmp_path_factory.mktemp("check out")
    shutil.copy(ROOT / "install.py", folder)
    (folder / "docs").mkdir()
    for name in ("requirements-build.txt", "docs/requirements.txt"):
        (folder / name).write_text("")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    return folder


def run_install(checkout: Path, code: str, cwd: Path) -> str:
    (checkout / "code.py").write_text(f"def main():\n    print({code!r})\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment = {**kept, "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    script = checkout / "install.py"
    done = subprocess.run(
        [sys.executable, script], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_installs_and_again_updates(checkout: Path) -> None:
    """The command that it prints runs as it stands, from the folder that one is in."""
    for cwd, verb, code in ((checkout, "Installing", "one"), (checkout.parent, "Updating", "two")):
        first, done, command = run_install(checkout, code, cwd).splitlines()
        assert first.startswith(f"{verb} pitchcast in ")
        assert done.startswith("Done.")
        assert command.endswith(' publish RECORDING --to "Acme Corp"')
        said = subprocess.run(["/bin/sh", "-c", command], cwd=cwd, capture_output=True, text=True, check=True)
        assert said.stdout == f"{code}\n"


def test_an_environment_whose_python_is_gone_counts_as_none(tmp_path: Path) -> None:
    assert has_pip(sys.executable)
    python = tmp_path / "python"
    python.symlink_to("/nowhere/python3.9")
    assert not has_pip(str(python))
