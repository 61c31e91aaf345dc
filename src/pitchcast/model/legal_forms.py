"""Legal forms of companies, so that “Acme”, “Acme, Inc.” and “ACME Incorporated” are seen to be one name.

Names are taken as ``compare_form`` gives them: lower case, without accents and punctuation, so “S.à r.l.” is “s a r l”.
"""

from collections.abc import Mapping
from typing import NamedTuple

_WRITTEN = {
    "inc": "inc|incorporated",
    "corp": "corp|corporation",
    "co": "co|company",
    "ltd": "ltd|limited",
    "pty ltd": "pty ltd|pty limited|proprietary limited|pty",
    "pte ltd": "pte ltd|pte limited|private limited|pvt ltd|pvt limited|pte|pvt",
    "llc": "llc|l l c",
    "llp": "llp|l l p",
    "lp": "l p",
    "plc": "plc|p l c|public limited company",
    "gmbh": "gmbh|g m b h|ges m b h|gesmbh|gesellschaft mit beschrankter haftung",
    "ag": "ag|a g|aktiengesellschaft",
    "kg": "kg|k g|kommanditgesellschaft",
    "kgaa": "kgaa|kg a a",
    "ug": "ug|ug haftungsbeschrankt",
    "ohg": "ohg|o h g",
    "gbr": "gbr|g b r",
    "eg": "eg|e g",
    "ev": "e v",
    "ek": "e k|e kfm",
    "se": "se|s e",
    "sa": "sa|s a|societe anonyme|sociedad anonima",
    "sas": "sas|s a s|sasu",
    "sarl": "sarl|s a r l|sarlu",
    "eurl": "eurl|e u r l",
    "snc": "snc|s n c",
    "spa": "spa|s p a|societa per azioni",
    "srl": "srl|s r l",
    "sl": "s l|slu|s l u|sociedad limitada",
    "sa de cv": "sa de cv|s a de c v",
    "ltda": "ltda|limitada",
    "lda": "lda",
    "bv": "bv|b v|besloten vennootschap",
    "nv": "nv|n v|naamloze vennootschap",
    "vof": "vof|v o f",
    "bvba": "bvba|b v b a",
    "ab": "ab|a b|aktiebolag|ab publ",
    "oy": "oy|o y|osakeyhtio",
    "oyj": "oyj|o y j",
    "as": "a s|aksjeselskap|aktieselskab",
    "asa": "asa|a s a",
    "aps": "aps|anpartsselskab",
    "sp z o o": "sp z o o|sp zoo|spolka z o o",
    "sp k": "sp k",
    "sro": "sro|s r o",
    "doo": "doo|d o o",
    "kft": "kft",
    "zrt": "zrt|nyrt",
    "uab": "uab",
    "ou": "ou",
    "kk": "kk|k k|kabushiki kaisha|kabushiki gaisha|株式会社|株",
    "gk": "g k|godo kaisha|合同会社",
    "yk": "y k|yugen kaisha|有限会社",
    "cn ltd": "有限公司|股份有限公司|有限责任公司",
    "sdn bhd": "sdn bhd|bhd",
    "pt": "pt|pt tbk",
    "ooo": "ooo|ооо",
    "ao": "ао|пао",
}
"""How each form is written, as ``compare_form`` has it; one that is a word by itself (A/S) only with its marks."""

_IN_FRONT = {"ab", "oy", "kk", "gk", "yk", "cn ltd", "pt", "ooo", "ao", "gmbh", "ltd", "inc", "corp", "llc", "uab"}
"""The forms that stand before a name too; “AS Roma” and “SA Recycling” begin with none."""

_WITHOUT_SPACE = ("株式会社", "合同会社", "有限会社", "股份有限公司", "有限责任公司", "有限公司")


class Parts(NamedTuple):
    """A name as it is compared, without its legal form; and that form, "" for none."""

    core: str
    form: str


def _forms() -> dict[tuple[str, ...], str]:
    return {tuple(written.split()): form for form, ways in _WRITTEN.items() for written in ways.split("|")}


_FORMS: Mapping[tuple[str, ...], str] = _forms()
_LAST_WORDS = frozenset(words[-1] for words in _FORMS)
_FIRST_WORDS = frozenset(words[0] for words in _FORMS)
_LONGEST = max(map(len, _FORMS))


def split_legal_form(name: str) -> Parts:
    """Return a name, as ``compare_form`` gives it, and its legal form apart; at least one word stays in the name.

    Several forms at the end are one: “Acme Holding AG & Co. KG” has the form “ag co kg”.
    """
    if not name.isascii():
        for written in _WITHOUT_SPACE:
            name = name.replace(written, f" {written} ")
    words = name.split()
    if len(words) < 2 or (words[-1] not in _LAST_WORDS and words[0] not in _FIRST_WORDS):
        return Parts(" ".join(words), "")
    found: list[str] = []
    while length := _form_at_end(words):
        found.insert(0, _FORMS[tuple(words[-length:])])
        del words[-length:]
    if not found and (length := _form_in_front(words)):
        found.append(_FORMS[tuple(words[:length])])
        del words[:length]
    return Parts(" ".join(words), " ".join(found))


def _form_at_end(words: list[str]) -> int:
    """Return of how many words the longest form at the end is, 0 for none."""
    lengths = range(min(_LONGEST, len(words) - 1), 0, -1)
    return next((length for length in lengths if tuple(words[-length:]) in _FORMS), 0)


def _form_in_front(words: list[str]) -> int:
    """Return of how many words the longest form before the name is, 0 for none."""
    lengths = range(min(_LONGEST, len(words) - 1), 0, -1)
    return next((length for length in lengths if _FORMS.get(tuple(words[:length])) in _IN_FRONT), 0)
