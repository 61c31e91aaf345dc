"""Who a show is for: one prospect, and how people name one on the command line."""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Literal, TypeVar

from pitchcast.errors import UsageError
from pitchcast.model.base import Record, Row
from pitchcast.model.external_ids import IdKind, RecordId, record_id
from pitchcast.model.legal_forms import Parts, split_legal_form
from pitchcast.model.naming import compare_form
from pitchcast.model.text import check_line, without_invisible

Address = Literal["", "team", "person"]

_T = TypeVar("_T")
_AROUND = "<>()[],;:\"'“”‘’ "  # what people put around an address, or between it and the name
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_MISPLACED_DOT = re.compile(r"\.\.|^\.|@\.|\.@|\.$")

_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)  # as in a link that was copied


class Prospect(Row, frozen=True):
    """A person or company that a show is for.

    ``id`` is made from the name and never changes. ``email`` occurs in nothing under ``public/``. ``first_name`` is how
    a person is addressed, where a list said so. ``external_id_kind`` is the kind of record that the external id is of.
    ``address`` says whether feed, page and mail speak to the team at its company or to a person, "" for as the show
    says.
    """

    id: str
    name: str
    company: str = ""
    email: str = ""
    external_id: str = ""
    language: str = ""
    segments: tuple[str, ...] = ()
    first_name: str = ""
    external_id_kind: IdKind = ""
    address: Address = ""

    @property
    def record(self) -> RecordId:
        """Return the external id as it is compared."""
        return record_id(self.external_id, self.external_id_kind)

    def is_in(self, segment: str) -> bool:
        """Return whether a segment holds the prospect; its name is compared without regard to case."""
        return segment.casefold() in map(str.casefold, self.segments)


def parse_addressing(text: str) -> Address:
    """Return whom somebody wants spoken to: ``team``, ``person``, or ``show`` for what it says. Raises UsageError."""
    known: dict[str, Address] = {"team": "team", "person": "person", "show": "", "": ""}
    wanted = text.strip().casefold()
    if wanted not in known:
        raise UsageError(
            f"“{text}” is not whom to speak to",
            hint="Write team, person, or show for what the show's settings say.",
        )
    return known[wanted]


class Mention(Record, frozen=True):
    """A prospect as somebody wrote it: a name, an address, or ``Name <address>``; an id is a name too."""

    name: str = ""
    email: str = ""

    def __str__(self) -> str:
        """Return what was written, in one form."""
        return f"{self.name} <{self.email}>" if self.name and self.email else self.name or self.email


def parse_mention(text: str) -> Mention:
    """Return name and address out of what stood behind ``--to``: ``Name <address>``, or the two in any other form.

    Raises UsageError where it is neither, or several addresses are in it.
    """
    name, bracket, address = text.strip().rpartition("<")
    if bracket and address.endswith(">"):
        name = name.strip().strip('" ')
        return Mention(name=_checked_name(name) if name else "", email=check_address(address.removesuffix(">")))
    is_one_word = len(text.split()) == 1
    return Mention(email=check_address(text)) if is_one_word and "@" in text else _mention_of_words(text)


def _mention_of_words(text: str) -> Mention:
    """Return a mention whose address, if any, is one of its words. Raises UsageError where several are."""
    words = text.split()
    bare = [_bare_address(word) for word in words]
    addresses = [address for address in bare if address]
    if len(addresses) > 1:
        raise UsageError(
            f"“{text.strip()}” holds several addresses", hint='Name each by itself: --to "Name <name@company.example>".'
        )
    if not addresses:
        return Mention(name=_checked_name(text))
    others = " ".join(word for word, address in zip(words, bare, strict=True) if not address)
    return Mention(name=_checked_name(others.strip(_AROUND)), email=addresses[0])


def _bare_address(word: str) -> str:
    """Return the address that a word is, without the marks around it, "" where it is none."""
    bare = _MAILTO.sub("", without_invisible(word).strip(_AROUND))
    return bare if _ADDRESS.fullmatch(bare) and not _misplaced_dot(bare) else ""


def check_address(text: str) -> str:
    """Return an e-mail address without spaces, ``mailto:`` and what shows nothing. Raises UsageError."""
    address = _MAILTO.sub("", without_invisible(text).strip())
    fault = _misplaced_dot(address)
    if fault or not _ADDRESS.fullmatch(address):
        said = f"“{text}” is not an e-mail address{fault}"
        raise UsageError(said, hint='Write it as "Name <name@company.example>".')
    return address


def _misplaced_dot(address: str) -> str:
    """Return what is wrong with the dots of an address, "" if nothing is [RFC 5321 4.1.2]."""
    found = _MISPLACED_DOT.search(address)
    if found is None:
        return ""
    if found[0] == "..":
        return ": it has two dots in a row"
    return f": a part of it {'begins' if found[0] in ('.', '@.') and found.end() < len(address) else 'ends'} with a dot"


class Directory:
    """Prospects by all that names them. What a search needs is made when first needed, in linear time."""

    def __init__(self, prospects: Iterable[Prospect]) -> None:
        self._all = tuple(prospects)

    def find(self, mention: Mention) -> list[Prospect]:
        """Return whom a mention means: by id, else by e-mail, else by name.

        Names are compared without case, accents and punctuation; where nobody has just that name, also without legal
        form and in any order of words. A name with an address does not mean somebody of that name with another one.
        """
        return self.find_exactly(mention) or ([] if mention.email else self.find_alike(mention.name))

    def find_exactly(self, mention: Mention) -> list[Prospect]:
        """Return whom a mention means by id, else by e-mail, else by just that name."""
        return self._with_id(mention) or self._with_address(mention) or self._with_name(mention)

    def find_alike(self, name: str) -> list[Prospect]:
        """Return those whose names are the same but for the legal form and the order of words.

        “Acme” is Acme Inc, and both of Acme Inc and Acme GmbH; but Acme GmbH is not Acme Inc. Of several, those with
        the same form are meant.
        """
        wanted = name_parts(name)
        group = self._by_core.get(wanted.core, [])
        same = [prospect for prospect, form in group if form == wanted.form]
        if same:
            return same
        if wanted.form and all(form for _, form in group):
            return []  # another company each
        return [prospect for prospect, _ in group]

    def _with_id(self, mention: Mention) -> list[Prospect]:
        if mention.email:
            return []  # what stands before an address is a name
        wanted = mention.name.strip().lower()
        return [self._by_id[wanted]] if wanted in self._by_id else []

    def _with_address(self, mention: Mention) -> list[Prospect]:
        return self._by_email.get(mention.email.casefold(), []) if mention.email else []

    def _with_name(self, mention: Mention) -> list[Prospect]:
        """Return those with the mention's name; if it has an address too, only those whose address is not known."""
        if not mention.name:
            return []
        namesakes = self._by_name.get(compare_form(mention.name), [])
        return [p for p in namesakes if not p.email] if mention.email else namesakes

    @cached_property
    def _by_id(self) -> dict[str, Prospect]:
        return {prospect.id: prospect for prospect in self._all}

    @cached_property
    def _by_email(self) -> dict[str, list[Prospect]]:
        return _grouped((prospect.email.casefold(), prospect) for prospect in self._all)

    @cached_property
    def _by_name(self) -> dict[str, list[Prospect]]:
        return _grouped((compare_form(prospect.name), prospect) for prospect in self._all)

    @cached_property
    def _by_core(self) -> dict[str, list[tuple[Prospect, str]]]:
        """Return prospects with their legal forms, by what is left of their names."""
        parts = ((name_parts(prospect.name), prospect) for prospect in self._all)
        return _grouped((part.core, (prospect, part.form)) for part, prospect in parts)


@lru_cache(maxsize=1 << 16)  # a command looks up whom it means several times, among tens of thousands
def name_parts(name: str) -> Parts:
    """Return a name without its legal form and with its words in order of the alphabet, and the form."""
    core, form = split_legal_form(compare_form(name))
    return Parts(" ".join(sorted(core.split())) if " " in core else core, form)


def _grouped(pairs: Iterable[tuple[str, _T]]) -> dict[str, list[_T]]:
    """Return values by their keys; those without a key are left out."""
    found: dict[str, list[_T]] = {}
    for key, value in pairs:
        if key:
            found.setdefault(key, []).append(value)
    return found


def similar_prospects(prospects: Iterable[Prospect], name: str) -> list[Prospect]:
    """Return those whose name is near *name*: up to two letters off, or one name inside the other.

    Legal forms make no difference: Acme GmbH is near Acme Inc. Names whose digits differ are not near (Store 12 is not
    Store 13), nor are short ones that differ at all (UPS is not UBS): of four or five letters one may differ.
    """
    wanted = compare_form(name)
    core = name_parts(name).core
    return [p for p in prospects if is_near(compare_form(p.name), wanted) or is_misspelt(name_parts(p.name).core, core)]


def _checked_name(text: str) -> str:
    return check_line(text.strip(), "the prospect's name")


def is_near(one: str, other: str) -> bool:
    """Return whether one name, as it is compared, is inside the other or hardly differs from it."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 3 and f" {shorter} " in f" {longer} ":
        return _digits(one) == _digits(other)
    return is_misspelt(one, other)


def is_misspelt(one: str, other: str) -> bool:
    """Return whether the two are the same but for a letter or two, as many as their length allows."""
    if one == other:
        return True
    shortest = min(len(one), len(other))
    allowed = 2 if shortest > 5 else 1
    return shortest > 3 and _within(one, other, allowed) and _digits(one) == _digits(other)


def is_near_address(one: str, other: str) -> bool:
    """Return whether two e-mail addresses are the same but for a letter or two."""
    return bool(one) and _within(one.casefold(), other.casefold(), 2)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


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
