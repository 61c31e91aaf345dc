"""Who a show is for: one prospect, and how people name one on the command line."""

import re
from collections.abc import Iterable

from pitchcast.errors import UsageError
from pitchcast.model.base import Record, Row
from pitchcast.model.naming import compare_form
from pitchcast.model.text import check_line

_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")


class Prospect(Row, frozen=True):
    """A person or company that a show is for.

    ``id`` is made from the name and never changes. ``email`` occurs in nothing under ``public/``. ``first_name`` is how
    a person is addressed, where a list said so.
    """

    id: str
    name: str
    company: str = ""
    email: str = ""
    external_id: str = ""
    language: str = ""
    segments: tuple[str, ...] = ()
    first_name: str = ""


class Mention(Record, frozen=True):
    """A prospect as somebody wrote it: a name, an address, or ``Name <address>``; an id is a name too."""

    name: str = ""
    email: str = ""

    def __str__(self) -> str:
        """Return what was written, in one form."""
        return f"{self.name} <{self.email}>" if self.name and self.email else self.name or self.email


def parse_mention(text: str) -> Mention:
    """Return name and address out of what stood behind ``--to``. Raises UsageError where it is neither."""
    name, bracket, address = text.strip().rpartition("<")
    if bracket and address.endswith(">"):
        return Mention(name=_checked_name(name.strip().strip('" ')), email=check_address(address.removesuffix(">")))
    if "@" in text and " " not in text.strip():
        return Mention(email=check_address(text))
    return Mention(name=_checked_name(text))


def check_address(text: str) -> str:
    """Return an e-mail address without spaces around it. Raises UsageError."""
    if not _ADDRESS.fullmatch(text.strip()):
        raise UsageError(f"“{text}” is not an e-mail address", hint='Write it as "Name <name@company.example>".')
    return text.strip()


def find_prospects(prospects: Iterable[Prospect], mention: Mention) -> list[Prospect]:
    """Return whom a mention means: by id, else by e-mail, else by name, ignoring case and punctuation.

    A name with an address does not mean somebody of that name with another address.
    """
    everyone = list(prospects)
    return _with_id(everyone, mention) or _with_address(everyone, mention) or _with_name(everyone, mention)


def _with_id(prospects: list[Prospect], mention: Mention) -> list[Prospect]:
    if mention.email:
        return []  # what stands before an address is a name
    wanted = mention.name.strip().lower()
    return [p for p in prospects if p.id == wanted]


def _with_address(prospects: list[Prospect], mention: Mention) -> list[Prospect]:
    if not mention.email:
        return []
    wanted = mention.email.casefold()
    return [p for p in prospects if p.email.casefold() == wanted]


def _with_name(prospects: list[Prospect], mention: Mention) -> list[Prospect]:
    """Return those with the mention's name; if it has an address too, only those whose address is not known."""
    if not mention.name:
        return []
    wanted = compare_form(mention.name)
    namesakes = [p for p in prospects if compare_form(p.name) == wanted]
    return [p for p in namesakes if not p.email] if mention.email else namesakes


def similar_prospects(prospects: Iterable[Prospect], name: str) -> list[Prospect]:
    """Return those whose name is near *name*: up to two letters off, or one name inside the other.

    Names whose digits differ are not near (Store 12 is not Store 13), nor are short ones that differ at all (UPS is
    not UBS): of four or five letters one may differ.
    """
    wanted = compare_form(name)
    return [p for p in prospects if _is_near(compare_form(p.name), wanted)]


def _checked_name(text: str) -> str:
    return check_line(text.strip(), "the prospect's name")


def _is_near(one: str, other: str) -> bool:
    if re.sub(r"\D", "", one) != re.sub(r"\D", "", other):
        return False
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 3 and f" {shorter} " in f" {longer} ":
        return True
    return len(shorter) > 3 and _within(one, other, 2 if len(shorter) > 5 else 1)


def _within(one: str, other: str, edits: int) -> bool:
    """Return whether *edits* insertions, deletions or replacements of a letter turn one into the other."""
    if abs(len(one) - len(other)) > edits:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    if not one or not other:
        return len(one) + len(other) <= edits
    if edits == 0:
        return False
    # The first letters differ: replace it, leave it out, or put the other's before it.
    rests = ((one[1:], other[1:]), (one[1:], other), (one, other[1:]))
    return any(_within(rest, other_rest, edits - 1) for rest, other_rest in rests)
