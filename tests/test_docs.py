"""What the documents say is what happens."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitchcast.errors import PitchcastError

ROOT = Path(__file__).parents[1]


def below(error: type[PitchcastError]) -> Iterator[str]:
    """Yield the kinds of the errors below that one."""
    for each in error.__subclasses__():
        yield each.kind
        yield from below(each)


def test_every_kind_of_error_is_in_the_table_for_ops() -> None:
    table = (ROOT / "docs/ops.md").read_text(encoding="utf-8").partition("| kind |")[2].partition("\n\n")[0]
    cells = "".join(line.split("|")[1] for line in table.splitlines()[2:])
    assert {"usage", "file", *below(PitchcastError)} - set(re.findall(r"`(\w+)`", cells)) == set()


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_library_document_runs(tmp_path: Path, pitch_m4a: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(pitch_m4a, tmp_path / "pitch.m4a")
    script = tmp_path / "library.py"
    script.write_text("\n".join(blocks("docs/library.md", "python")), encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page, length, error = done.stdout.splitlines()
    assert re.fullmatch(r"http://127\.0\.0\.1:8760/[a-z2-7]{26}/index\.html", page)
    assert re.fullmatch(r"\d+ s at -1[56]\.\d+ LUFS as heard", length)
    assert error.startswith("recording - ")


def test_the_readmes_first_command_publishes(tmp_path: Path) -> None:
    """Everything after the installation, which CI does on a fresh machine, word for word."""
    command = next(line for block in blocks("README.md", "console") for line in block.splitlines() if "install" in line)
    publish = command.rpartition("&& ")[2]
    assert publish.startswith(".venv/bin/pitchcast publish ")
    words = publish.replace('"Acme Corp"', "Acme-Corp").split()[1:]
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    program = Path(sys.executable).with_name("pitchcast")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PITCHCAST_")}
    done = subprocess.run(
        [program, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:8760/[a-z2-7]{26}/index\.html\n", done.stdout)
    assert (tmp_path / "pitchcast.toml").is_file()
    assert list((tmp_path / "site" / "public").glob("*/feed.xml"))


@pytest.mark.parametrize(
    "document",
    sorted(
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("**/*.md")
        if not {".venv", "node_modules"} & set(path.parts)
    ),
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text)
    missing = [target for target in targets if not ((ROOT / document).parent / target).exists()]
    assert not missing
