"""Help answers at once, and says what people look for."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.program import Run

HEAVY = ("boto3", "botocore", "pydub", "lxml", "PIL", "numpy", "mutagen", "feedgen", "jinja2", "rich", "msgspec")
ASKING = ("prompt_toolkit", "asyncio")
OURS = ("workflows", "audio", "feed", "page", "storage", "config", "model")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=["help", "version"])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    script = (
        "import sys; from pitchcast.cli.app import main; "
        f"code = main({arguments!r}); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {*HEAVY, *ASKING, *(f"pitchcast.{name}" for name in OURS)}
    assert "pitchcast" in done.stdout


def test_what_reads_answers_is_imported_only_when_something_is_asked() -> None:
    script = "import sys; import pitchcast.cli.publish, pitchcast.cli.prompts, pitchcast.cli.link; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "prompt_toolkit" not in done.stdout.split()


def test_the_first_look_imports_nothing_that_builds(published: Path, program: Run) -> None:
    """It reads the catalog and prints; what reads options, makes sound, feeds or pages stays away."""
    script = "import sys; from pitchcast.cli.app import main; main([]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Acme Corp" in done.stdout
    loaded = set(done.stderr.split())
    shown = {"rich", "msgspec"}
    assert not loaded & ({*HEAVY, "pydantic", "pitchcast.site.build", "pitchcast.feed.rss", "pitchcast.audio"} - shown)


def test_module_and_program_are_the_same(here: Path, program: Run) -> None:
    script = Path(sys.executable).with_name("pitchcast")
    called = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert called.stdout == program("--version", cwd=here).out == "pitchcast 0.1.0\n"


def test_help_of_a_mistyped_command_is_near(pitchcast: Run) -> None:
    done = pitchcast("publsh", "pitch.m4a")
    assert done.code == 2
    assert "Did you mean 'publish'?" in done.err
    assert done.out == ""
