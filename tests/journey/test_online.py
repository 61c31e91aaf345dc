"""From a show on a laptop to one online, by nothing but the file that ops gave: with its links, on two laptops, and
with keys that are mistyped, and later lost."""

import re
import secrets
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_terminal import Terminal
from tests.fixtures.program import Run, at_home, stored
from tests.fixtures.seaweedfs import SeaweedFS

TOKEN = re.compile(r"/([a-z2-7]{26})/index\.html")
AGREE = "told you of? [y/N] "

Sit = Callable[..., Terminal]


@pytest.fixture
def company(here: Path, s3_environment: SeaweedFS, pitchcast: Run) -> str:
    """What ops writes once, and sends to everybody."""
    name = s3_environment.make_bucket(f"pitches-{secrets.token_hex(4)}")
    config = here / "ops.toml"
    config.write_text(
        f'[storage]\nurl = "s3://{name}/team"\nendpoint_url = "{s3_environment.endpoint_url}"\n', encoding="utf-8"
    )
    done = pitchcast("storage", "setup", "--yes", "--write-join", "company.toml", "--config", config)
    assert done.code == 0, done.err
    return (here / "company.toml").read_text(encoding="utf-8")


@pytest.fixture(params=[pytest.param((80, 24), id="80x24"), pytest.param((100, 30), id="100x30")])
def sit(own_environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sit]:
    """Sit down at a laptop's terminal of a usual size, in one of its folders."""
    opened: list[Terminal] = []

    def run(laptop: str, folder: str, *words: str) -> Terminal:
        home = tmp_path / laptop
        (home / folder).mkdir(parents=True, exist_ok=True)
        environment = at_home(own_environment, home) | {"AWS_EC2_METADATA_DISABLED": "true"}
        environment.pop("PITCHCAST_USER")
        opened.append(Terminal(list(words), home / folder, environment, size=request.param))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


def ended(terminal: Terminal) -> tuple[str, str]:
    """Return what a command that ends well printed, and the rest of the screen as one line."""
    code, out, screen = terminal.end()
    assert code == 0, screen
    return out, " ".join(screen.split())


def test_from_a_laptop_to_online(
    company: str, sit: Sit, tmp_path: Path, pitch_m4a: Path, s3_environment: SeaweedFS
) -> None:
    keys = s3_environment.access_key, s3_environment.secret_key

    # A first pitch, on this computer alone.
    first = sit("laptop", "pitches", "publish", str(pitch_m4a), "--to", "Acme Corp")
    first.answer("Your name, as prospects see it: ", "Dana Reyes")
    first.answer("Name of your podcast [Ideas from Dana Reyes]: ", "")
    first.answer("Title of this pitch: ", "Cut your bill")
    local, _ = ended(first)
    assert local.startswith("http://127.0.0.1:8760/")

    # Ops' file comes by mail. Joining is the only thing to know.
    downloads = tmp_path / "laptop" / "Downloads"
    downloads.mkdir()
    (downloads / "company.toml").write_text(company, encoding="utf-8")
    joining = sit("laptop", "Downloads", "join", "company.toml")
    joining.answer(AGREE, "y")
    joining.answer("Access key: ", keys[0])
    joining.answer("Secret key: ", "mistyped")
    joining.wait_for("These keys do not fit")
    assert not (tmp_path / "laptop" / ".aws").exists(), "keys are tried before they are kept"
    joining.answer("Access key: ", keys[0])
    joining.answer("Secret key: ", keys[1])
    joining.answer("Bring your 1 prospect and their links along? [Y/n] ", "")
    out, screen = ended(joining)
    assert "Ready to publish." in screen
    assert keys[1] not in screen + out
    assert list(stored(downloads)) == ["company.toml"]
    settings = (tmp_path / "laptop" / "pitches" / "pitchcast.toml").read_text(encoding="utf-8")
    assert settings.startswith("# The settings of one show.")
    assert 'extends = "company.toml"' in settings
    assert "\nurl =" not in settings

    # The link is the same one, online.
    link, screen = ended(sit("laptop", "Downloads", "link", "acme-corp"))
    assert "Show: Ideas from Dana Reyes, in ~/pitches" in screen
    assert token(link) == token(local)
    with urllib.request.urlopen(link.strip()) as answer:
        assert b"Cut your bill" in answer.read()

    # The next pitch goes there by itself, from any folder.
    sent, _ = ended(sit("laptop", "elsewhere", "publish", str(pitch_m4a), "--to", "Beta AG"))
    assert sent.startswith(s3_environment.endpoint_url)
    assert not stored(tmp_path / "laptop" / "elsewhere")

    # What went to Acme, and when, has an answer; and what was typed alone shows the show.
    shown, _ = ended(sit("laptop", "elsewhere", "prospects", "show", "acme corp"))
    assert "Cut your bill" in shown
    assert re.search(r"\d{4}-\d{2}-\d{2}", shown)
    assert "Dana Reyes" in shown
    home, screen = ended(sit("laptop", "elsewhere"))
    assert "Acme Corp" in home + screen
    assert "Beta AG" in home + screen

    # Another laptop of the same person: joining is the first command there.
    (tmp_path / "desktop" / "pitches").mkdir(parents=True)
    (tmp_path / "desktop" / "pitches" / "company.toml").write_text(company, encoding="utf-8")
    second = sit("desktop", "pitches", "join", "company.toml")
    second.answer(AGREE, "y")
    second.answer("Access key: ", keys[0])
    second.answer("Secret key: ", keys[1])
    second.answer("Your name, as colleagues see it in the history", "\x15Dana Reyes")
    ended(second)
    undoing = sit("desktop", "anywhere", "undo")
    undoing.wait_for("from another computer, by Dana Reyes:")
    undoing.answer("is it to be taken back? [y/N] ", "y")
    out, _ = ended(undoing)
    assert "Beta AG" in out

    # The key was changed by ops: the error says the one command to type.
    credentials = tmp_path / "laptop" / ".aws" / "credentials"
    credentials.write_text(credentials.read_text(encoding="utf-8").replace(keys[1], "withdrawn"), encoding="utf-8")
    code, _, screen = sit("laptop", "Downloads", "publish", str(pitch_m4a), "--to", "Gamma Ltd").end()
    assert (code, "pitchcast join" in " ".join(screen.split())) == (1, True)
    renewing = sit("laptop", "Downloads", "join")
    renewing.wait_for("The keys in your AWS profile “pitchcast” do not fit")
    renewing.answer("Type new ones? [Y/n] ", "")
    renewing.answer("Access key: ", keys[0])
    renewing.answer("Secret key: ", keys[1])
    _, screen = ended(renewing)
    assert "Ready to publish." in screen
    last, _ = ended(sit("laptop", "Downloads", "publish", str(pitch_m4a), "--to", "Gamma Ltd"))
    with urllib.request.urlopen(last.strip()) as answer:
        assert b"Gamma Ltd" in answer.read()


def token(link: str) -> str:
    """Return the secret name in a page's address."""
    found = TOKEN.search(link)
    assert found, link
    return found[1]
