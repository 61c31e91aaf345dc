"""The schemas in docs/schemas are those of the program, and its real answers keep to them."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

import jsonschema

from pitchcast.cli.reference import all_commands
from pitchcast.cli.schemas import ANSWERS, file_name, render_schemas
from tests.cli.test_commands import EPISODE, PITCH
from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import SeaweedFS

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
PEOPLE = "id,name,email,tags\n1,Jo Doe,jo@acme.example,eu\n2,Ana Roe,,us\n3,,,\n"


def check(command: str, answer: object) -> None:
    schema = json.loads((SCHEMAS / file_name(command)).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)


def test_the_files_are_up_to_date() -> None:
    """Make them anew with: python -m pitchcast.cli.schemas docs/schemas."""
    assert {path.name: path.read_bytes() for path in SCHEMAS.iterdir()} == dict(render_schemas())


def test_every_command_has_a_schema() -> None:
    leaves = {" ".join(path[1:]) for path, context in all_commands() if not hasattr(context.command, "list_commands")}
    assert leaves == {command for command in ANSWERS if command not in ("failure", "home") and " --" not in command}


def test_real_answers_keep_to_them(published: Path, pitchcast: Run) -> None:
    (published / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (page,) = (published / "site/public").glob("*/index.html")
    opened = f'"GET /{page.parent.name}/index.html HTTP/1.1" 200 9000 "-" "Mozilla/5.0 (X11) Firefox/140.0"'
    (published / "access.log").write_text(f"198.51.100.1 - - [09/Sep/2026:01:30:00 +0200] {opened}\n", encoding="utf-8")
    tried = set()
    for command, *arguments in (
        ("prospects import", "people.csv"),
        ("prospects add", "Kim Lee <kim@x.example>"),
        ("prospects list",),
        ("prospects show", "kim-lee"),
        ("prospects edit", "kim-lee", "--company", "X"),
        ("publish --dry-run", PITCH, "--to", "Jo Doe", "--to", "Someone New"),
        ("publish", PITCH, "--to", "Jo Doe", "--public", "--yes"),
        ("episodes deliver --dry-run", EPISODE, "--segment", "us"),
        ("episodes deliver", EPISODE, "--segment", "us"),
        ("episodes list",),
        ("episodes show", EPISODE),
        ("episodes edit", EPISODE, "--season", "2"),
        ("episodes edit --retag", EPISODE),
        ("link", "jo-doe"),
        ("prospects invite", "Sam Lee", "--by", "kim-lee"),
        ("feeds list",),
        ("feeds show", "public"),
        ("feeds build",),
        ("feeds check", "--all"),
        ("feeds export",),
        ("feeds expire", "jo-doe", "--after", "30d"),
        ("feeds rotate", "jo-doe"),
        ("feeds revoke", "jo-doe"),
        ("feeds restore", "jo-doe"),
        ("prospects remove", "kim-lee"),
        ("show show",),
        ("show edit", "--description", "Three ideas a month."),
        ("show apply",),
        ("logs sync", "access.log"),
        ("logs sync --recount",),
        ("stats", "--by", "day"),
        ("stats --tree", "acme-corp"),
        ("report",),
        ("report --verify", "report.json"),
        ("leads",),
        ("leads --notify", "--dry-run"),
        ("leads --export", "csv", "-o", "lists"),
        ("history list",),
        ("history show", "2"),
        ("history restore", "3"),
        ("doctor",),
        ("audio inspect", PITCH),
        ("audio master --dry-run", PITCH, "-o", "out.mp3"),
        ("audio master", PITCH, "-o", "out.mp3"),
        ("undo", "--yes"),
        ("episodes withdraw", EPISODE),
        ("move", "elsewhere"),
        ("move --finish",),
    ):
        done = pitchcast(*command.split(" "), *arguments, "--yes", "--json")
        assert "error" not in done.json, (command, done.out)
        check(command, done.json)
        tried.add(command)
        if command == "report":
            (published / "report.json").write_text(done.out, encoding="utf-8")
    failed = pitchcast("link", "Nobody", "--json")
    check("failure", failed.json)
    elsewhere = {"failure", "home", "init", "join", "preview", "storage setup", "episodes replace", "leads --explain"}
    assert tried | elsewhere == set(ANSWERS)


def test_init_and_a_replaced_recording(published: Path, pitchcast: Run, speech_wav: Path) -> None:
    check("episodes replace", pitchcast("episodes", "replace", EPISODE, speech_wav, "--yes", "--json").json)
    (published / "pitchcast.toml").unlink()
    check("init", pitchcast("init", "--host", "Dana", "--title", "Bills", "--json").json)


def test_joining_from_a_file(here: Path, pitchcast: Run) -> None:
    company = here / "set-up.toml"
    company.write_text(
        f'[show]\ntitle = "Bills"\nhost = "Dana"\n[storage]\nurl = "{(here / "site").as_posix()}"\n', encoding="utf-8"
    )
    done = pitchcast("join", company, "--json")
    assert done.code == 0, done.err
    check("join", done.json)


def test_setting_up_a_storage(here: Path, pitchcast: Run, s3_environment: SeaweedFS) -> None:
    name = s3_environment.make_bucket(f"pitches-{secrets.token_hex(4)}")
    storage = f'url = "s3://{name}"\nendpoint_url = "{s3_environment.endpoint_url}"\n'
    settings = f'[show]\ntitle = "Bills"\nhost = "Dana"\n[storage]\n{storage}'
    (here / "pitchcast.toml").write_text(settings, encoding="utf-8")
    check("storage setup", pitchcast("storage", "setup", "--yes", "--json").json)


def test_preview(published: Path, free_port: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pitchcast", "preview", "--port", str(free_port), "--json"],
        cwd=published,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        process.terminate()
    check("preview", json.loads("".join(lines)))
