"""How the public address serves what the storage holds: HEAD, byte ranges, types, and pictures as they were put.

A web server or CDN between the storage and listeners may change each of them: Apple asks for HEAD before it takes a
feed, apps skip by ranges, and services that make pictures smaller turn JPEG into WebP, which Apple refuses. One feed
stands for all: they are served alike.
"""

from collections.abc import Iterable, Iterator

from pitchcast.errors import ObjectMissing, ObjectTooLarge, StorageUnavailable
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents
from pitchcast.model.feed import PUBLIC_FEED, FeedContent
from pitchcast.model.finding import Finding
from pitchcast.model.layout import headers_of
from pitchcast.model.objects import PublicFile, copied_files, rendered_files, shared_audio, show_files
from pitchcast.model.token import mask_tokens
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.probe import anonymous_get, anonymous_head, anonymous_picture, is_served

_RANGE_START, _RANGE_BYTES = 4, 2  # two bytes are never counted as a download


def check_served(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield what listeners are served otherwise than it was put, or that all is well; nothing where nobody answers."""
    content = _example(catalog)
    if content is None or not is_served(project.bucket, catalog.public_url):
        return
    look = _PublicReader(project.bucket, catalog.public_url)
    try:
        faults = [fault for file in _files(catalog, content) for fault in look.at(file)]
    except StorageUnavailable:
        return  # that nobody answers is found by itself
    what = "HEAD, byte ranges, types and pictures are served as apps need them"
    yield from faults or [Finding(level="ok", where=catalog.public_url, what=what)]


def _example(catalog: Catalog) -> FeedContent | None:
    """Return the public feed, or the private one that changed last, of those in which something is to be heard."""
    contents = Contents(catalog)
    newest_first = sorted(catalog.feeds, key=lambda feed: feed.changed_revision, reverse=True)
    for feed in sorted(newest_first, key=lambda feed: feed.id != PUBLIC_FEED):
        content = contents.of(feed)
        if feed.state == "active" and content.deliveries:
            return content
    return None


def _files(catalog: Catalog, content: FeedContent) -> Iterable[PublicFile]:
    """Return one file of each kind, and the show's picture in each size."""
    pictures = show_files(catalog)
    files = {file.kind: file for file in [*rendered_files(content), *copied_files(content), *shared_audio(content)]}
    return [*files.values(), *pictures]


class _PublicReader:
    """Asks for files as listeners do, and compares the answers with what the storage holds."""

    def __init__(self, bucket: Bucket, public_url: str) -> None:
        self._bucket, self._public_url = bucket, public_url

    def at(self, file: PublicFile) -> Iterator[Finding]:
        """Yield what is wrong with how a file is served; what the storage lacks is found by itself."""
        try:
            body, _ = self._bucket.get(file.key)
        except (ObjectMissing, ObjectTooLarge):
            return
        url = f"{self._public_url}/{file.path}/{file.name}"
        status, headers = anonymous_head(url, reach=self._bucket.reach)
        if status != 200:
            what = f"a HEAD request for it is answered with status {status}"
            yield _fault(url, what, "Let the web server or CDN answer HEAD as it answers GET: Apple asks so.")
            return
        yield from _type_fault(url, headers, headers_of(file.key).content_type)
        if file.source:
            yield from _length_fault(url, headers, len(body))
        if file.kind == "audio":
            yield from self._range_fault(url, body)
        elif file.source:
            yield from self._picture_fault(url, body)

    def _range_fault(self, url: str, body: bytes) -> Iterator[Finding]:
        end = _RANGE_START + _RANGE_BYTES
        status, _, part = anonymous_get(url, start=_RANGE_START, length=_RANGE_BYTES, reach=self._bucket.reach)
        if status != 206 or part != body[_RANGE_START:end]:
            what = f"a part of the audio is asked for, and the answer is status {status}: apps cannot skip"
            yield _fault(url, what, "Let the web server or CDN answer Range requests.")

    def _picture_fault(self, url: str, body: bytes) -> Iterator[Finding]:
        """Yield that a picture comes otherwise to who takes other kinds too: that is when services change it."""
        status, headers, got = anonymous_picture(url, reach=self._bucket.reach)
        if status == 200 and got != body:
            what = f"the picture is changed on the way, into {_type_of(headers) or 'no known type'}"
            do = "Switch off whatever optimises pictures for this address: Apple takes JPEG and PNG only."
            yield _fault(url, what, do)


def _type_fault(url: str, headers: dict[str, str], content_type: str) -> Iterator[Finding]:
    served, right = _type_of(headers), content_type.partition(";")[0]
    if served != right:
        what = f"it is served as {served or 'no type'} instead of {right}"
        yield _fault(url, what, "Let the web server or CDN keep the Content-Type that the storage has.")


def _length_fault(url: str, headers: dict[str, str], size_bytes: int) -> Iterator[Finding]:
    length = headers.get("content-length", "")
    if length != str(size_bytes):
        what = f"a HEAD request for it says {length or 'no'} bytes instead of {size_bytes}"
        yield _fault(url, what, "Let the web server or CDN say the length that the storage has.")


def _type_of(headers: dict[str, str]) -> str:
    served = headers.get("content-type", "").partition(";")[0].strip().lower()
    return "application/xml" if served == "text/xml" else served  # an alias [RFC 7303, section 9.2]


def _fault(url: str, what: str, do: str) -> Finding:
    return Finding(level="warning", where=mask_tokens(url), what=what, do=do)
