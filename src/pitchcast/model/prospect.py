"""Who a show is for: one prospect, and how people name one on the command line."""

from pitchcast.model.base import Row


class Prospect(Row, frozen=True):
    """A person or company that a show is for.

    ``id`` is made from the name and never changes. ``email`` occurs in nothing under ``public/``.
    """

    id: str
    name: str
    company: str = ""
    email: str = ""
    external_id: str = ""
    language: str = ""
    segments: tuple[str, ...] = ()
