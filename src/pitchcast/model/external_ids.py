"""Ids of a CRM: of which kind of record one is, and the one form in which two are compared.

HubSpot's contact 101 and company 101 are two records, and so are those of Pipedrive and Zoho: an id says who is meant
only together with its kind.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from pitchcast.errors import UsageError
from pitchcast.model.naming import compare_form

IdKind = Literal["", "contact", "company", "deal", "lead", "other"]
"""What an id stands for; "" where nobody has said it, “other” for numbers that are no record of a CRM."""

ID_KINDS: tuple[IdKind, ...] = tuple(kind for kind in get_args(IdKind) if kind)

_WORDS: Mapping[str, IdKind] = {
    **dict.fromkeys(("contact", "contacts", "person", "persons", "people", "vid"), "contact"),
    **dict.fromkeys(("company", "companies", "account", "accounts", "organization", "organisation"), "company"),
    **dict.fromkeys(("deal", "deals", "opportunity", "opportunities", "potential"), "deal"),
    **dict.fromkeys(("lead", "leads"), "lead"),
    **dict.fromkeys(("other", "customer", "kundennummer"), "other"),
}
"""What the kinds are called by HubSpot, Pipedrive, Zoho and Salesforce."""

_SALESFORCE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Za-z0-5]{3})?")
_SALESFORCE_KINDS: Mapping[str, IdKind] = {"001": "company", "003": "contact", "006": "deal", "00Q": "lead"}
"""Key prefixes: the first three characters of a Salesforce id say of which object it is."""
_SALESFORCE_LENGTHS = (15, 18)
_CASES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
"""Each of the last three of 18 characters says which of five letters are capitals, the first by the lowest bit."""


class RecordId(NamedTuple):
    """An id with its kind, both as they are compared."""

    kind: IdKind
    id: str


def record_id(external_id: str, kind: IdKind) -> RecordId:
    """Return an id as it is compared. One of Salesforce's says its kind itself, and gets its 18 characters."""
    if len(external_id) in _SALESFORCE_LENGTHS:
        known = _SALESFORCE_KINDS.get(external_id[:3].upper())
        whole = _salesforce_18(external_id) if known else ""
        if known and whole:
            return RecordId(known, whole)
    return RecordId(kind if external_id else "", external_id)


def parse_id_kind(text: str) -> IdKind:
    """Return the kind that somebody named, in whichever CRM's word. Raises UsageError."""
    kind = _WORDS.get(compare_form(text))
    if kind is None:
        raise UsageError(f"“{text}” is no kind of ids", hint=f"Kinds are: {', '.join(ID_KINDS)}.")
    return kind


def kind_in(header: str) -> IdKind:
    """Return the kind that a column's header names, as compare_form shows it; "" for none, or for several."""
    words = header.split()
    kinds = {_WORDS.get(word) or _WORDS.get(word.removesuffix("id")) for word in words} - {None}
    return kinds.pop() or "" if len(kinds) == 1 else ""


def _salesforce_18(text: str) -> str:
    """Return the 18 characters of one of Salesforce's ids, "" where it is none.

    Of 15 characters the case counts; 18 hold it in the last three, so that a program which loses it does no harm.
    """
    if not _SALESFORCE.fullmatch(text):
        return ""
    letters = text[:15] if len(text) == 15 else _in_case(text[:15], text[15:].upper())
    return letters + _cases_of(letters) if letters else ""


def _cases_of(letters: str) -> str:
    """Return the three characters that say which of fifteen are capitals."""
    blocks = (letters[start : start + 5] for start in (0, 5, 10))
    return "".join(_CASES[sum(1 << n for n, char in enumerate(block) if char.isupper())] for block in blocks)


def _in_case(letters: str, cases: str) -> str:
    """Return fifteen characters in the case that the last three say, "" where these make a digit a capital."""
    capitals = [bool(_CASES.index(cases[n // 5]) >> n % 5 & 1) for n in range(15)]
    pairs = list(zip(letters, capitals, strict=True))
    if any(char.isdigit() and is_capital for char, is_capital in pairs):
        return ""
    return "".join(char.upper() if is_capital else char.lower() for char, is_capital in pairs)
