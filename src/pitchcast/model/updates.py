"""What a list changes of prospects: field by field, and whether it makes somebody else of one.

A prospect keeps link and feed whatever it is called. So a list that gives its id to another person or company hands a
private feed on, and is not followed unless somebody says so.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from pitchcast.model.prospect import Prospect, is_misspelt, is_near_address, name_parts

MAX_RENAMED_PERCENT = 10.0
"""As many of the known prospects in a list may be called otherwise: more are a column that slipped."""

FEW_RENAMED = 4
"""So many may be in any list, however short."""

_FIELDS = ("name", "company", "email", "first_name", "language", "segments", "external_id", "external_id_kind")


class Update(NamedTuple):
    """A prospect as it was, and as a row of a list has it."""

    row: int
    before: Prospect
    after: Prospect


class FieldUpdate(NamedTuple):
    """One field of a prospect before and after."""

    field: str
    before: str | tuple[str, ...]
    after: str | tuple[str, ...]


def changed_fields(update: Update) -> Iterator[FieldUpdate]:
    """Yield what differs."""
    for field in _FIELDS:
        before, after = getattr(update.before, field), getattr(update.after, field)
        if before != after:
            yield FieldUpdate(field, before, after)


def too_many_renamed(updates: Sequence[Update], known: int) -> tuple[Update, ...]:
    """Return those who are called otherwise afterwards, if they are too many of the *known* prospects in a list."""
    renamed = tuple(one for one in updates if not _is_same_name(one.before.name, one.after.name))
    is_too_many = len(renamed) > FEW_RENAMED and 100 * len(renamed) > MAX_RENAMED_PERCENT * known
    return renamed if is_too_many else ()


def makes_somebody_else(update: Update) -> bool:
    """Return whether name, company and address all differ, or nothing of what is known of them is alike.

    What is empty before or afterwards says nothing.
    """
    before, after = update.before, update.after
    if before.name == after.name:
        return False
    companies = _both(before.company, after.company)
    addresses = _both(before.email, after.email)
    is_otherwise = (
        not _is_same_name(before.name, after.name),
        not all(_is_same_name(*pair) for pair in companies),
        not all(_is_same_address(*pair) for pair in addresses),
    )
    if companies and addresses:
        return all(is_otherwise)
    return (
        not _is_alike(before.name, after.name)
        and not any(_is_alike(*pair) for pair in companies)
        and not any(_is_same_address(*pair) for pair in addresses)
    )


def _both(before: str, after: str) -> list[tuple[str, str]]:
    """Return the two values as a pair, none where one of them is empty."""
    return [(before, after)] if before and after else []


def _is_same_address(one: str, other: str) -> bool:
    return one.casefold() == other.casefold() or is_near_address(one, other)


def _is_same_name(one: str, other: str) -> bool:
    """Return whether two names are one but for legal form, order of words, a word more, or a letter or two."""
    if one == other:
        return True
    core, other_core = name_parts(one).core, name_parts(other).core
    if core == other_core or is_misspelt(core, other_core):
        return True
    words, other_words = set(core.split()), set(other_core.split())
    return _holds(words, other_words) or _holds(other_words, words)


def _holds(words: Collection[str], fewer: Collection[str]) -> bool:
    return bool(fewer) and all(word in words for word in fewer)


def _is_alike(one: str, other: str) -> bool:
    """Return whether two names have anything in common: a word, or one being a part of the other."""
    if _is_same_name(one, other):
        return True
    core, other_core = name_parts(one).core, name_parts(other).core
    shorter, longer = sorted((core.replace(" ", ""), other_core.replace(" ", "")), key=len)
    is_part = len(shorter) > 1 and shorter in longer  # also in scripts that put no space between words
    return is_part or not set(core.split()).isdisjoint(other_core.split())
