"""Install pitchcast with all that its tests need into ./.venv, find or fetch browsers and rclone, and run the tests.

    python3 tests/run.py [pytest's arguments]

Needs Python 3.11 or newer with pip, and nothing else; an older one is told so, hence no newer syntax here. Every
package is of a pinned version and has the pinned bytes.
"""

from __future__ import print_function

import os
import shutil
import signal
import subprocess
import sys
from os.path import abspath, dirname

ROOT = dirname(dirname(abspath(__file__)))
sys.path.insert(0, ROOT)

from install import PYTHON, NotInstalled, install, make_environment, refuse_old_python  # noqa: E402 - found there

PROGRAMS = {  # Debian's packages, and the programs of which one shows that a package is not needed
    "chromium": ("chromium", "chromium-browser", "google-chrome", "chrome"),
    "firefox-esr": ("firefox-esr", "firefox"),
    "webkit2gtk-driver": ("WebKitWebDriver",),
    "xvfb": ("Xvfb",),
    "rclone": ("rclone",),
}


def main():
    try:
        refuse_old_python()
        make_environment()
        install(PYTHON, "requirements-test.txt", ["-e", "."])
    except NotInstalled as error:
        print("Error: %s" % error, file=sys.stderr)
        return 1
    missing = [package for package, programs in PROGRAMS.items() if not any(map(shutil.which, programs))]
    if missing:
        fetch_programs(missing)
    # A shell lets what it starts in the background ignore Ctrl-C, and tests press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Each worker gets a row of neighbouring files, and takes from another's row when its own is done: all end together.
    arguments = sys.argv[1:] or ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "worksteal"]
    return subprocess.run([PYTHON, "-m", "pytest"] + arguments, cwd=ROOT).returncode


def fetch_programs(packages):
    """Get the programs that no wheel brings: from Debian where we may, else from playwright what it has."""
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends"] + packages,
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        return
    # Playwright's WebKit is of no use: the tests drive Debian's. A test that needs it, or rclone, says what to install.
    of_playwright = {"chromium": "chromium", "firefox-esr": "firefox"}
    browsers = [of_playwright[package] for package in packages if package in of_playwright]
    if browsers:
        subprocess.run([PYTHON, "-m", "playwright", "install"] + browsers, check=True)


if __name__ == "__main__":
    sys.exit(main())
