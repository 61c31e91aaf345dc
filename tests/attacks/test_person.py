"""What another user of the same machine wants from somebody whose show is remembered."""

import stat
from pathlib import Path

import pytest

from pitchcast.config import remember_show
from tests.attacks.neighbours import Machine


@pytest.fixture
def machine(own_environment: dict[str, str]) -> Machine:
    """A machine with a neighbour."""
    return Machine(own_environment)


@pytest.mark.parametrize("how", ["a file", "a link to mine", "my link to theirs", "open to all"])
@pytest.mark.parametrize("named", ["by the environment", "by an option"])
def test_put_settings_in_the_place_of_a_remembered_show(
    machine: Machine, tmp_path: Path, own_environment: dict[str, str], how: str, named: str
) -> None:
    """A name stands for what was there when it was remembered; only a path is taken as it is."""
    place, work, other = tmp_path / "shared", tmp_path / "empty", tmp_path / "other.toml"
    place.mkdir()
    work.mkdir()
    theirs = f'[storage]\nurl = "{(tmp_path / "theirs").as_posix()}"\n'
    found = place / "pitchcast.toml"
    config = Path(own_environment["HOME"]) / ".config" / "pitchcast" / "config.toml"
    remember_show(config, found, "My pitches", as_default=True)
    if "link" in how:
        other.write_text(theirs, encoding="utf-8")
        found.symlink_to(other)
        machine.give_to_neighbour(found if how == "a link to mine" else other)
    else:
        found.write_text(theirs, encoding="utf-8")
        if how == "open to all":
            found.chmod(stat.S_IMODE(found.stat().st_mode) | stat.S_IWOTH)
        else:
            machine.give_to_neighbour(found)
    options = ["--show", "My pitches"] if named == "by an option" else []
    environment = {} if options else {"PITCHCAST_SHOW": "My pitches"}
    done = machine.pitchcast("feeds", "list", "--json", *options, cwd=work, **environment)
    assert done.code == 1
    assert done.json["error"]["kind"] == "config"
    assert f"{found} " in done.json["error"]["message"]
    assert done.json["error"]["hint"].endswith(f"pitchcast --config {found} feeds list --json")
    assert not (tmp_path / "theirs").exists()
