"""What ``pitchcast preview`` answers."""

from pitchcast.model.answers.base import Answer


class PreviewedPage(Answer, frozen=True):
    """A page to look at, and whose it is."""

    name: str
    page_url: str


class Previewed(Answer, frozen=True):
    """Where the preview is served, until it is stopped."""

    url: str
    pages: tuple[PreviewedPage, ...]
