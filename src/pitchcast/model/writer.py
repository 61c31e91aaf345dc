"""Who wrote something, as the catalog notes it: one line of text with a name and a random id.

``Dana Reyes <w-1a2b3c4d>``: the id tells writers apart, the name is what people are shown. Scripts, and versions before
there were such ids, write a label without one, such as ``dana@laptop``; that is a name and its own id. A label says
what a program was told, and proves nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_LETTERS = 80
_LABEL = re.compile(r"(?P<name>.*\S) <(?P<id>w-[0-9a-f]{8})>", re.DOTALL)
_ID = re.compile(r"w-[0-9a-f]{8}")
_NOT_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes to shows. ``id`` is random, and the same wherever that person's own settings are."""

    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.name} <{self.id}>"


def make_writer(name: str, random_hex: str) -> Writer:
    """Return a new writer; *random_hex* are at least eight random hexadecimal digits."""
    return Writer(writer_name(name), f"w-{random_hex[:8]}")


def writer_name(text: str) -> str:
    """Return a text as a writer's name: on one line, not too long, and without what ends a name in a label."""
    return " ".join(_NOT_IN_NAMES.sub(" ", text).split())[:MOST_LETTERS].strip() or "somebody"


def is_writer_id(text: str) -> bool:
    """Return whether a text is the id of a writer."""
    return bool(_ID.fullmatch(text))


def name_in(label: str) -> str:
    """Return the name to show for a label: all of it where it holds no id."""
    found = _LABEL.fullmatch(label)
    return found["name"] if found else label


def id_in(label: str) -> str:
    """Return what tells the writer from others: the id in the label, or all of it where it holds none."""
    found = _LABEL.fullmatch(label)
    return found["id"] if found else label


def is_same_writer(label: str, own: Iterable[str]) -> bool:
    """Return whether a label is of the writer to whom the labels *own* belong."""
    return id_in(label) in {id_in(one) for one in own}


def may_be_same_person(label: str, own: Iterable[str]) -> bool:
    """Return whether the names suggest that a label is of the same person, on another computer.

    Of ``login@computer`` the name is the login.
    """
    return bool(label) and _person_in(label) in {_person_in(one) for one in own}


def _person_in(label: str) -> str:
    name = name_in(label)
    login, at, _ = name.rpartition("@")
    return (login if at else name).casefold()
