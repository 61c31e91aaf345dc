"""Install pitchcast with all that its tests need into ./.venv, find or fetch the browsers, and run the tests.

    python3 tests/run.py [pytest's arguments]

Needs Python 3.11 or newer with pip, and nothing else. Every package is of a pinned version and has the pinned bytes.
"""

import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PROGRAMS = {  # Debian's packages, and the programs of which one shows that a package is not needed
    "chromium": ("chromium", "chromium-browser", "google-chrome", "chrome"),
    "firefox-esr": ("firefox-esr", "firefox"),
    "webkit2gtk-driver": ("WebKitWebDriver",),
    "xvfb": ("Xvfb",),
}


def main() -> int:
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        venv.create(VENV, with_pip=True)
    python = str(BIN / "python")
    install(python)
    missing = [package for package, programs in PROGRAMS.items() if not any(map(shutil.which, programs))]
    if missing:
        fetch_browsers(missing, python)
    # A shell lets what it starts in the background ignore Ctrl-C, and tests press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Each worker gets a row of neighbouring files, and takes from another's row when its own is done: all end together.
    arguments = sys.argv[1:] or ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "worksteal"]
    return subprocess.run([python, "-m", "pytest", *arguments], cwd=ROOT).returncode


def install(python: str, root: Path = ROOT) -> None:
    """Install what the tests need and then pitchcast itself, so that nothing comes in that has no pinned hash.

    A package without a wheel is built with the tools of the first step: pip does not check hashes of what a build
    fetches for itself.
    """
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for step in (
        ["--require-hashes", "--only-binary", ":all:", "-r", str(root / "requirements-build.txt")],
        ["--require-hashes", "--no-build-isolation", "-r", str(root / "requirements-test.txt")],
        ["--no-deps", "--no-build-isolation", "-e", str(root)],
    ):
        subprocess.run([*pip, *step], check=True)


def fetch_browsers(packages: list[str], python: str) -> None:
    """Get the programs that no wheel brings: from Debian where we may, else from playwright what it has."""
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        return
    # Playwright's WebKit is of no use: the tests drive Debian's. The test that needs it says what to install.
    of_playwright = {"chromium": "chromium", "firefox-esr": "firefox"}
    browsers = [of_playwright[package] for package in packages if package in of_playwright]
    if browsers:
        subprocess.run([python, "-m", "playwright", "install", *browsers], check=True)


if __name__ == "__main__":
    sys.exit(main())
