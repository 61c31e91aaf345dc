"""Fills in texts with fields such as ``{name}`` for one prospect: only what is written, never what is heard.

The values come from whoever filled a CRM, so each is put in as text: it cannot become a link, a picture or a heading.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

import msgspec

from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.episode import Episode
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from pitchcast.model.text import MAX_LINE, check_line, check_notes, first_few

FIELDS = ("name", "first_name", "company")
"""What a text may ask for. E-mail addresses and ids in the CRM are not among them: they occur in nothing public."""

_NAMED = 5  # prospects in a message
_FIELD = re.compile(r"\{([^{}\n]*)\}")
_ADDRESS = re.compile(r"\]\([^()\n]*\)|<https?:[^<>\n]*>")  # where Markdown holds the address of a link
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")  # what a backslash takes its meaning from [CommonMark 2.4]


def fill_episode(episode: Episode, prospect: Prospect | None) -> Episode:
    """Return the episode as one prospect reads it; without one each field becomes “…”."""
    title, notes = fill_texts(episode.title, episode.notes, prospect)
    return msgspec.structs.replace(episode, title=title, notes=notes)


def fill_texts(title: str, notes: str, prospect: Prospect | None) -> tuple[str, str]:
    """Return title and notes as one prospect reads them; without one each field becomes “…”, as in the audio's tags."""
    return fill_line(title, prospect), _fill_notes(notes, prospect)


def fill_brand(brand: Brand, prospect: Prospect | None) -> Brand:
    """Return the brand with its call to action as one prospect reads it; in its address values are percent-encoded."""
    return msgspec.structs.replace(
        brand,
        call_to_action=fill_line(brand.call_to_action, prospect),
        call_to_action_url=_fill(brand.call_to_action_url, prospect, _as_part_of_address),
    )


def generic_brand(brand: Brand) -> Brand:
    """Return the brand with a call to action that speaks to nobody.

    Fields in its address are left empty; words that hold a field are left out altogether.
    """
    words = brand.call_to_action
    return msgspec.structs.replace(
        brand,
        call_to_action="" if any(field in FIELDS for field in _FIELD.findall(words)) else words,
        call_to_action_url=_FIELD.sub(_without_field, brand.call_to_action_url),
    )


def _without_field(found: re.Match[str]) -> str:
    return "" if found[1] in FIELDS else found[0]


def fill_line(text: str, prospect: Prospect | None) -> str:
    """Return one line of text as a prospect reads it, cut where apps do; without one each field becomes “…”."""
    return _fill(text, prospect, str)[:MAX_LINE].strip()


def asked_fields(episode: Episode, brand: Brand) -> frozenset[str]:
    """Return the fields that a personalised episode cannot do without."""
    if not episode.personalised or episode.withdrawn:
        return frozenset()
    texts = (episode.title, episode.notes, brand.call_to_action, brand.call_to_action_url)
    return frozenset(field for text in texts for field in _FIELD.findall(text) if field in FIELDS)


def check_texts(title: str, notes: str, brand: Brand, prospects: Iterable[Prospect]) -> None:
    """See whether an episode's texts can be filled in for all these prospects.

    Raises UsageError for a field that does not exist, CatalogError naming those prospects for whom a value is empty or
    a text becomes too long.
    """
    texts = {
        "the title": title,
        "the notes": notes,
        "the call to action": brand.call_to_action,
        "the call to action’s address": brand.call_to_action_url,
    }
    wanted = {what: _fields(what, text) for what, text in texts.items()}
    everybody = list(prospects)
    for what, fields in wanted.items():
        for field in fields:
            _refuse(f"{{{field}}} in {what} is empty", [p for p in everybody if not getattr(p, field)], field)
    if wanted["the title"]:
        too_long = [p for p in everybody if not _fits(check_line, _fill(title, p, str), "the title")]
        _refuse("the title becomes too long", too_long)
    if wanted["the notes"]:
        too_long = [p for p in everybody if not _fits(check_notes, _fill_notes(notes, p), "the notes")]
        _refuse("the notes become too long", too_long)


def _fits(check: Callable[[str, str], str], text: str, what: str) -> bool:
    try:
        check(text, what)
    except UsageError:
        return False
    return True


def _fields(what: str, text: str) -> tuple[str, ...]:
    """Return the fields that a text asks for, each once. Raises UsageError for one that does not exist."""
    found = tuple(dict.fromkeys(_FIELD.findall(text)))
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    for field in found:
        if field not in FIELDS:
            raise UsageError(f"{{{field}}} in {what} is no field", hint=f"Fields are {known}.")
    if set("{}") & set(_FIELD.sub("", text)):
        raise UsageError(f"{what} has a brace too many", hint=f"Fields stand in single braces: {known}.")
    return found


def _refuse(what: str, prospects: list[Prospect], field: str = "") -> None:
    if not prospects:
        return
    named = first_few([prospect.id or prospect.name for prospect in prospects], _NAMED)
    hint = "Shorten the text."
    if field:
        option = f"--{field.replace('_', '-')}"
        hint = f"Set it: {pitchcast_command('prospects edit', prospects[0].id or 'ID', option, 'TEXT')}"
    raise CatalogError(f"{what} for {named}", hint=hint)


def _fill_notes(notes: str, prospect: Prospect | None) -> str:
    """Return Markdown with its fields filled in, in addresses of links percent-encoded."""
    filled, end = [], 0
    for address in _ADDRESS.finditer(notes):
        filled.append(_fill(notes[end : address.start()], prospect, _as_markdown))
        filled.append(_fill(address[0], prospect, _as_part_of_address))
        end = address.end()
    return "".join([*filled, _fill(notes[end:], prospect, _as_markdown)])


def _fill(text: str, prospect: Prospect | None, put_in: Callable[[str], str]) -> str:
    def value(field: re.Match[str]) -> str:
        if field[1] not in FIELDS:
            return field[0]
        return put_in(getattr(prospect, field[1])) if prospect else "…"

    return _FIELD.sub(value, text)


def _as_markdown(value: str) -> str:
    return _PUNCTUATION.sub(r"\\\1", value)


def _as_part_of_address(value: str) -> str:
    return quote(value, safe="")
