"""Write down what a person keeps for all shows: a show is remembered or forgotten, a writer is made.

Comments and all other settings in the file stay as they are; only its owner can read it.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from pitchcast.config.document import FILE
from pitchcast.config.personal import Personal, read_personal
from pitchcast.config.rewriting import with_values
from pitchcast.errors import ConfigError
from pitchcast.files import write_whole
from pitchcast.model.naming import unique
from pitchcast.model.writer import Writer, make_writer
from pitchcast.reading import read_bytes


def remember_show(path: Path, file: Path, name: str, *, as_default: bool) -> str:
    """Keep a show's pitchcast.toml in the user's own settings at *path*, and return the name by which it is known.

    That is *name*, with a number behind it where another show has that name. The first show is used where no
    pitchcast.toml is found, and so is a later one *as_default*. Raises ConfigError.
    """
    file = file.absolute()
    known = read_personal(path)
    others = {other for other, its_file in known.shows.items() if its_file != file}
    name = unique(" ".join(name.split()) or file.parent.name or "show", others)
    changes: dict[tuple[str, ...], str] = {
        ("shows", other): "" for other in known.shows if known.shows[other] == file and other != name
    }
    changes["shows", name] = str(file)
    if as_default or known.default is None:
        changes["default", "show"] = str(file)
    _write(path, changes)
    return name


def forget_show(path: Path, file: Path) -> None:
    """Take a show out of the user's own settings; nothing else is deleted. Raises ConfigError."""
    known = read_personal(path)
    changes: dict[tuple[str, ...], str] = {
        ("shows", name): "" for name, its_file in known.shows.items() if its_file == file
    }
    if known.default == file:
        changes["default", "show"] = ""
    _write(path, changes)


def ensure_writer(path: Path, name: str) -> Writer:
    """Return the writer in the user's own settings, made with that *name* where there is none. Raises ConfigError."""
    known = read_personal(path).writer
    if known is not None:
        return known
    made = make_writer(name, secrets.token_hex(4))
    _write(path, {("writer", "id"): made.id, ("writer", "name"): made.name})
    return _kept(read_personal(path), made)


def _kept(known: Personal, made: Writer) -> Writer:
    """Return the writer that was kept in the end: another command may have made one at the same moment."""
    return known.writer or made


def _write(path: Path, changes: Mapping[tuple[str, ...], str]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = read_bytes(path, FILE, name=f"{path}:").decode("utf-8-sig") if path.exists() else ""
        changed = with_values(text, changes)
        if changed != text:
            write_whole(path.resolve(), changed.encode("utf-8"))  # a link is followed
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path}, your own settings, cannot be changed: {error}", hint="Mend it, or move it away."
        ) from error
