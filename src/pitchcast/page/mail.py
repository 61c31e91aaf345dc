"""The mail that carries a page's link, and its way to the sender's own mail program."""

from pathlib import Path
from urllib.parse import quote

from pitchcast.errors import ConfigError
from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import clean_text
from pitchcast.model.prospect import Prospect
from pitchcast.page.sender import signature_of
from pitchcast.page.words import Words, mail_words
from pitchcast.reading import FileKind, read_text

LONGEST_LINK = 2000
"""Characters that every system hands on to a mail program: Windows cuts addresses at 2083."""

_FILE = FileKind(what="a mail", at_most_bytes=100_000, error=ConfigError, hint="Name a file of plain text in UTF-8.")


def read_mail_words(path: Path) -> tuple[str, str]:
    """Return subject and body of a text file: its first line, and what follows.

    Raises ConfigError naming file and line where it is none, or asks for what nobody can fill in.
    """
    return mail_words(read_text(path, _FILE), str(path))


def write_mail(content: FeedContent, words: Words, own: tuple[str, str] | None) -> tuple[str, str]:
    """Return subject and body of the mail for a feed: *own* words, else those of its language."""
    values = {**_about_prospect(content.prospect), **_about_podcast(content)}
    known = {name: " ".join(clean_text(value).split()) for name, value in values.items()}
    is_person = content.prospect is not None and content.prospect.first_name
    known["signature"] = signature_of(content, values["host"])
    known["greeting"] = words.mail_greeting.format(**known) if is_person else ""
    to_team = (words.mail_team_subject, words.mail_team_body)
    subject, body = own or (to_team if content.team else (words.mail_subject, words.mail_body))
    return " ".join(subject.format(**known).split()), body.format(**known).strip() + "\n"


def _about_prospect(prospect: Prospect | None) -> dict[str, str]:
    """Return the fields of a mail that are about whom it is for; empty ones for the public feed."""
    if prospect is None:
        return {"name": "", "first_name": "", "company": ""}
    return {
        "name": prospect.name,
        "first_name": prospect.first_name or prospect.name,
        "company": prospect.company,
    }


def _about_podcast(content: FeedContent) -> dict[str, str]:
    """Return the fields that are about the newest episode, or the show where there is none."""
    show = content.show
    title = content.newest.title if content.newest else show.title
    return {"title": title, "show": show.title, "host": content.newest_host, "link": content.page_url}


def mail_link(address: str, subject: str, body: str) -> str:
    """Return the address that opens a draft; lines end as mail programs want them [RFC 6068, section 5]."""
    text = body.replace("\r\n", "\n").replace("\n", "\r\n")
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject, safe='')}&body={quote(text, safe='')}"
