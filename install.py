"""Install pitchcast into the folder .venv beside this file; run again, it updates.

    python3 install.py         (on Windows: py install.py)

Needs Python 3.11 or newer with pip, and nothing else. Every package is of a pinned version and has the pinned bytes.
An older Python must be able to read this file, so as to say so: nothing here is newer than what Python 2.7 reads.
"""

from __future__ import print_function

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
NEWEST_LOOKED_FOR = 19


class NotInstalled(Exception):
    """Says in one sentence why, and what to do."""


def main():
    try:
        refuse_old_python()
        print("%s pitchcast in %s; this takes a minute ..." % ("Installing" if is_new() else "Updating", VENV))
        sys.stdout.flush()
        make_environment()
        install(PYTHON, "docs/requirements.txt", ["."])
    except NotInstalled as error:
        print("Error: %s" % error, file=sys.stderr)
        return 1
    print('Done. Publish a first pitch:\n  %s publish RECORDING --to "Acme Corp"' % program())
    return 0


def make_environment():
    """Make .venv where it is missing or broken. Raises NotInstalled where this Python cannot."""
    if has_pip(PYTHON):
        return
    import venv  # there is none in Python 2

    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of Python itself
    except ImportError:
        package = "python%d.%d-venv" % tuple(sys.version_info[:2])
        raise NotInstalled("this Python cannot make environments; install what it lacks: sudo apt install %s" % package)
    try:
        venv.create(VENV, with_pip=True, clear=os.path.exists(os.path.join(VENV, "pyvenv.cfg")))
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotInstalled("%s cannot be made: %s" % (VENV, error))


def has_pip(python):
    """Return whether there is an environment that works: one whose Python was removed or updated away does not."""
    if not os.path.exists(python):
        return False
    look = "import sys, pip; sys.exit(sys.version_info < %r)" % (OLDEST,)
    return subprocess.call([python, "-c", look], stderr=subprocess.DEVNULL) == 0


def is_new():
    return not any(os.path.exists(os.path.join(BIN, name)) for name in ("pitchcast", "pitchcast.exe"))


def refuse_old_python():
    """Raise NotInstalled for a Python that is too old, with the command to use where a newer one is on PATH."""
    if sys.version_info >= OLDEST:
        return
    said = "pitchcast needs Python %d.%d or newer, and this is %d.%d" % (OLDEST + tuple(sys.version_info[:2]))
    for minor in range(NEWEST_LOOKED_FOR, OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        if is_on_path(name):
            raise NotInstalled("%s; run: %s %s" % (said, name, " ".join(sys.argv)))
    raise NotInstalled("%s; install one from https://www.python.org/downloads/ and run this again with it." % said)


def is_on_path(name):
    """Return whether a program of that name can be called; shutil.which is too new."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return any(os.path.isabs(folder) and os.access(os.path.join(folder, name), os.X_OK) for folder in folders)


def install(python, requirements, what, root=ROOT):
    """Install the packages of a requirements file and then pitchcast itself: nothing comes in without a pinned hash.

    A package without a wheel is built with the tools of the first step: pip does not check hashes of what a build
    fetches for itself.
    """
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    for step in (
        ["--require-hashes", "--only-binary", ":all:", "-r", "requirements-build.txt"],
        ["--require-hashes", "--no-build-isolation", "-r", requirements],
        ["--no-deps", "--no-build-isolation"] + what,
    ):
        if subprocess.call(pip + step, cwd=root) != 0:
            raise NotInstalled("pip could not install everything; what it says stands above. Run this again to go on.")


def program():
    """Return how pitchcast is started from the folder that one is in."""
    path = os.path.join(BIN, "pitchcast")
    try:
        path = min(path, os.path.relpath(path), key=len)
    except ValueError:  # another drive of Windows
        pass
    if " " not in path:
        return path
    return '& "%s"' % path if os.name == "nt" else '"%s"' % path


if __name__ == "__main__":
    sys.exit(main())
