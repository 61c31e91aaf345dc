"""What somebody wants who writes settings for others: a set-up file at an address, or a file above a folder."""

import os
import shlex
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pitchcast.config.keys import KEYS, PATH
from tests.attacks.neighbours import Machine
from tests.fixtures.certificates import Authority, make_authority
from tests.fixtures.program import Done, Run

GOOD = '[storage]\nurl = "s3://pitches/team"\nendpoint_url = "https://s3.example.com"\n'
KEYS_HERE = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_SESSION_TOKEN": "token"}
NO_FILES = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
NETWORK = "http://192.0.2.1:9000"
"""An address of RFC 5737, which nobody has."""

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the attacker wants, and remembers what was asked with which keys."""

    server: "Server"

    def answer(self) -> None:
        """Answer any method."""
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        with suppress(OSError):
            self.server.act(self)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what answers, for ``do_GET`` and the like."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def send(self, text: str) -> None:
        """Send a text."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def lead(self, location: str, status: int = 302) -> None:
        """Send elsewhere."""
        self.send_response(status)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server of the attacker's, on this computer; it stops waiting when the test ends."""

    daemon_threads = True

    def __init__(self, act: Answer, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.act = act
        self.seen: list[dict[str, str]] = []
        self.ending = threading.Event()
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.server_port}"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave clients alone who hang up."""


@contextmanager
def serving(act: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve until the end of the block."""
    with Server(act, tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join()


@dataclass
class Fetching:
    """Somebody who joins from an address, in an empty folder."""

    run: Run
    authority: Authority
    folder: Path
    commands: list[str] = field(default_factory=list)

    def join(self, source: str) -> Done:
        """Join as a script does that agrees to all, and see that nothing was written."""
        done = self.run(
            "join", source, "--yes", cwd=self.folder, AWS_CA_BUNDLE=str(self.authority.bundle), **KEYS_HERE, **NO_FILES
        )
        assert list(self.folder.iterdir()) == []
        assert "Traceback" not in done.err
        return done

    def join_from(self, text: str) -> Done:
        """Join from an address at which that text stands."""
        with serving(lambda handler: handler.send(text), self.authority.server) as server:
            return self.join(f"{server.url}/company.toml")


@pytest.fixture
def fetching(tmp_path: Path, program: Run) -> Fetching:
    """Somebody who joins, and trusts the certificates of the test."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Fetching(program, make_authority(tmp_path), folder)


@pytest.mark.parametrize("name", [name for name, key in KEYS.items() if key.kind is PATH])
def test_have_a_file_of_the_disk_published(fetching: Fetching, name: str) -> None:
    section, _, key = name.partition(".")
    done = fetching.join_from(f'{GOOD}[{section}]\n{key} = "/etc/passwd"\n')
    assert done.code == 1
    assert f"company.toml:5: {name}: names a file of this computer" in done.err


@pytest.mark.parametrize("url", ["./site", "/srv/site", "file:///srv/site", "//host/share", r"\\\\host\\share", "~"])
def test_have_a_show_stored_in_a_folder_of_this_computer(fetching: Fetching, url: str) -> None:
    done = fetching.join_from(f'[storage]\nurl = "{url}"\n')
    assert done.code == 1
    assert "company.toml:2: storage.url: must be s3://BUCKET/PREFIX" in done.err


@pytest.mark.parametrize("name", ["/etc/passwd", "company.toml", "https://localhost/more.toml", "//host/more.toml"])
def test_have_more_files_read_by_a_chain(fetching: Fetching, name: str) -> None:
    done = fetching.join_from(f'extends = "{name}"\n{GOOD}')
    assert done.code == 1
    assert "company.toml:1: extends: a fetched file extends no other one" in done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param('profile = "admin"', "storage.profile: which keys are used", id="another profile"),
        pytest.param("insecure = true", "storage.insecure: is not up to a fetched file", id="plain http allowed"),
        pytest.param('endpoint_url = "http://127.0.0.1:9"', "must start with https://", id="a port of this computer"),
        pytest.param(f'endpoint_url = "{NETWORK}"', "must start with https://", id="plain http"),
        pytest.param('public_url = "http://127.0.0.1:9"', "must start with https://", id="feeds of this computer"),
    ],
)
def test_decide_how_keys_are_used_from_afar(fetching: Fetching, line: str, said: str) -> None:
    done = fetching.join_from(f'[storage]\nurl = "s3://pitches/team"\n{line}\n')
    assert done.code == 1
    assert "company.toml:3: storage." in done.err
    assert said in done.err


@pytest.mark.parametrize("target", ["http://{here}/x", "file:///etc/passwd", "ftp://{here}/x", "https://user@{here}/x"])
def test_change_a_set_up_on_the_way_after_a_redirect(fetching: Fetching, target: str) -> None:
    with serving(lambda handler: handler.send(GOOD)) as plain:
        location = target.format(here=f"127.0.0.1:{plain.server_port}")
        with serving(lambda handler: handler.lead(location), fetching.authority.server) as server:
            done = fetching.join(f"{server.url}/company.toml")
        assert done.code in (2, 4)
        assert not plain.seen
        assert fetching.join(f"{plain.url}/company.toml").code == 2
        assert not plain.seen


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "127.1"])
def test_reach_into_the_network_by_a_redirect(fetching: Fetching, host: str) -> None:
    def act(handler: Handler) -> None:
        handler.lead(f"https://{host}:{handler.server.server_port}/x")

    with serving(act, fetching.authority.server) as server:
        done = fetching.join(f"{server.url}/company.toml")
        assert done.code in (2, 4)
        assert len(server.seen) == 1


def test_lead_in_circles(fetching: Fetching) -> None:
    def act(handler: Handler) -> None:
        handler.lead(f"/{len(handler.server.seen)}")

    with serving(act, fetching.authority.server) as server:
        assert fetching.join(f"{server.url}/company.toml").code == 4
        assert len(server.seen) <= 5


@pytest.mark.parametrize("where", ["body", "redirect"])
def test_fill_the_memory(fetching: Fetching, where: str) -> None:
    def act(handler: Handler) -> None:
        handler.send_response(200 if where == "body" else 302)
        handler.send_header("Location", "/again")
        handler.end_headers()
        while not handler.server.ending.is_set():
            handler.wfile.write(bytes(1 << 20))

    with serving(act, fetching.authority.server) as server:
        done = fetching.join(f"{server.url}/company.toml")
    assert done.code == (1 if where == "body" else 4)


def test_keep_somebody_waiting_for_ever(fetching: Fetching, clean_environment: dict[str, str]) -> None:
    """A byte a second, in the head or in the body, never lets a single read time out; and one that says nothing."""

    def drip(handler: Handler) -> None:
        if handler.path == "/silent":
            handler.server.ending.wait()
            return
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n" + (b"\r\n" if handler.path == "/body" else b"X: "))
        while not handler.server.ending.wait(1):
            handler.wfile.write(b"#")

    environment = {**clean_environment, "AWS_CA_BUNDLE": str(fetching.authority.bundle)}
    with serving(drip, fetching.authority.server) as server:
        waiting = [
            subprocess.Popen(
                [sys.executable, "-m", "pitchcast", "join", f"{server.url}/{where}", "--yes"],
                cwd=fetching.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for where in ("head", "body", "silent")
        ]
        try:
            assert [process.wait(120) for process in waiting] == [4, 4, 4]
        finally:
            for process in waiting:
                process.kill()
                process.wait()


def test_have_keys_used_with_a_service_of_theirs(tmp_path: Path, program: Run) -> None:
    """A set-up file that came by mail: nothing is asked of its service before somebody agreed to it by name."""
    folder = tmp_path / "work"
    folder.mkdir()
    with serving(lambda handler: handler.send("")) as server:
        setup = tmp_path / "from ops.toml"
        setup.write_text(f'[storage]\nurl = "s3://theirs"\nendpoint_url = "{server.url}"\n', encoding="utf-8")
        done = program("join", setup, cwd=folder, **KEYS_HERE, **NO_FILES)
        planned = program("join", setup, "--dry-run", cwd=folder, **KEYS_HERE, **NO_FILES)
        assert (done.code, planned.code) == (2, 0)
        assert not server.seen
        assert list(folder.iterdir()) == []
        for told in (done.err, planned.err):
            assert f"s3://theirs at {server.url}" in told
        line = done.err.partition("say so: ")[2].strip()
        assert shlex.split(line)[1:] == ["-m", "pitchcast", "join", str(setup), "--yes"]
        program(*shlex.split(line)[3:], cwd=folder, **KEYS_HERE, **NO_FILES)
        assert server.seen


@pytest.mark.parametrize(
    "where",
    ["PITCHCAST_STORAGE_ENDPOINT_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "profile", "pitchcast.toml"],
)
def test_read_keys_and_prospects_in_plain_http(tmp_path: Path, program: Run, where: str) -> None:
    """Whatever names the service."""
    text = '[storage]\nurl = "s3://pitches/team"\n'
    environment = {**KEYS_HERE, **NO_FILES}
    if where == "pitchcast.toml":
        text += f'endpoint_url = "{NETWORK}"\n'
    elif where == "profile":
        (tmp_path / "aws").write_text(f"[default]\nendpoint_url = {NETWORK}\n", encoding="utf-8")
        environment["AWS_CONFIG_FILE"] = str(tmp_path / "aws")
    else:
        environment[where] = NETWORK
    (tmp_path / "pitchcast.toml").write_text(text, encoding="utf-8")
    done = program("prospects", "list", cwd=tmp_path, **environment)
    assert done.code == 1
    assert "insecure = true under [storage]" in done.err
    assert "very-secret" not in done.err


@pytest.mark.parametrize("status", [301, 307])
@pytest.mark.parametrize("client", ["auto", "boto3"])
def test_have_keys_follow_a_redirect(tmp_path: Path, program: Run, status: int, client: str) -> None:
    """The service, or who stands before it, leads every request to a server that collects them."""
    with (
        serving(lambda handler: handler.send("")) as collector,
        serving(lambda handler: handler.lead(f"{collector.url}{handler.path}", status)) as service,
    ):
        (tmp_path / "pitchcast.toml").write_text(
            f'[storage]\nurl = "s3://pitches/team"\nclient = "{client}"\nendpoint_url = "{service.url}"\n',
            encoding="utf-8",
        )
        done = program("prospects", "list", cwd=tmp_path, **KEYS_HERE, **NO_FILES)
        assert done.code in (1, 4)
        assert service.seen
        assert not [asked for asked in collector.seen if {"authorization", "x-amz-security-token"} & set(asked)]


@pytest.fixture
def machine(clean_environment: dict[str, str]) -> Machine:
    """A machine with a neighbour."""
    return Machine(clean_environment)


def theirs(folder: Path) -> str:
    """Return settings by which pitches go to a place of the neighbour's."""
    return f'[storage]\nurl = "{(folder / "theirs").as_posix()}"\n'


@pytest.mark.parametrize("how", ["a file", "a link to mine", "my link to theirs", "open to all", "a pipe"])
def test_have_settings_obeyed_that_they_put_above_a_folder(machine: Machine, tmp_path: Path, how: str) -> None:
    """As git had to learn with safe.directory. Who means that file is told the very line to use."""
    above = tmp_path / "it's above"
    work = above / "work"
    work.mkdir(parents=True)
    found, other = above / "pitchcast.toml", tmp_path / "other.toml"
    if how == "a pipe":
        os.mkfifo(found)
        machine.give_to_neighbour(found)
    elif "link" in how:
        other.write_text(theirs(tmp_path), encoding="utf-8")
        found.symlink_to(other)
        machine.give_to_neighbour(found if how == "a link to mine" else other)
    else:
        found.write_text(theirs(tmp_path), encoding="utf-8")
        if how == "open to all":
            found.chmod(stat.S_IMODE(found.stat().st_mode) | stat.S_IWOTH)
        else:
            machine.give_to_neighbour(found)
    done = machine.pitchcast("prospects", "list", "--json", cwd=work)
    assert done.code == 1
    assert done.json["error"]["kind"] == "config"
    line = done.json["error"]["hint"].partition("run: ")[2]
    assert shlex.split(line)[1:] == ["-m", "pitchcast", "--config", str(found), "prospects", "list", "--json"]
    if how != "a pipe":
        named = machine.pitchcast(*shlex.split(line)[3:], cwd=work)
        assert str(tmp_path / "theirs") in named.err


def test_have_settings_obeyed_in_a_folder_that_all_share(machine: Machine, tmp_path: Path) -> None:
    """Such as /tmp, where everybody may put files."""
    (tmp_path / "pitchcast.toml").write_text(theirs(tmp_path), encoding="utf-8")
    machine.give_to_neighbour(tmp_path / "pitchcast.toml")
    tmp_path.chmod(0o1777)
    done = machine.pitchcast("prospects", "list", cwd=tmp_path)
    assert done.code == 1
    assert f"{tmp_path / 'pitchcast.toml'} belongs to" in done.err
    assert f"pitchcast --config {tmp_path / 'pitchcast.toml'} prospects list" in done.err
