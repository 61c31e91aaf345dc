"""Where things lie in storage, and with which headers they are served.

The same layout in a bucket and in a folder: ``private/`` is never readable without credentials, ``public/`` is
readable by anyone who knows the exact key and never listable.
"""

import re
from typing import NamedTuple

from pitchcast.model.show import Artwork, Logo, Photo

PRIVATE = "private/"
PUBLIC = "public/"
CATALOG = "private/catalog.json.gz"
HISTORY = "private/history/"
DAMAGED = ".damaged"
"""How the names of catalogs end that could not be read any more; they are kept beside the history."""
MASTERS = "private/masters/"
ASSETS = "private/assets/"
PENDING = "private/pending/"
PRUNED = "private/pruned/"
"""Where a prune sets aside what it is about to delete, until it has looked whether somebody names it by now."""
ANALYTICS = "private/analytics/"
"""What was read from access logs: see docs/architecture.md."""
PROBE = "private/probe"
BUILT = "private/built.json.gz"

FEED_NAME = "feed.xml"
FEED_STYLE_NAME = "style-2913bb3b.css"
"""The style sheet by which browsers show feeds, beside the show's cover; the name changes with its bytes."""
PAGE_NAME = "index.html"
"""The file that people are sent: object storage has no index documents, so addresses name it."""

_LARGEST_BYTES = 64_000_000  # the catalog of a million prospects
_LARGEST_DAY_BYTES = 512_000_000  # some 25 million requests
_LARGEST_AUDIO_BYTES = 4 << 30

_PRIVATE_NAMES = re.compile(
    r"private/("
    r"catalog\.json\.gz|built\.json\.gz|probe|history/[0-9]{10,}\.(json\.gz|damaged)|pending/.+"
    r"|(pruned/)?(masters|assets)/[0-9a-f]{64}\.[a-z0-9]+"
    r"|analytics/(format\.json|keys\.json|forgotten\.json|agents\.parquet|(files|read|told|exported|summary)\.json\.gz)"
    r"|analytics/(requests|totals)/day=[0-9]{4}-[0-9]{2}-[0-9]{2}/(requests|totals)\.parquet)"
)
_SHOW_FILES = re.compile(r"(cover|logo|photo|style)-[0-9a-f]{8}\.[a-z]+")
_PREVIEWS = re.compile(r"preview-[0-9a-f]{16}\.jpg")
_CONTENT_TYPES = {
    "xml": "application/xml; charset=utf-8",  # as application/rss+xml browsers download it, or show its source
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "mp3": "audio/mpeg",
    "json": "application/json+chapters",
    "vtt": "text/vtt; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "jpg": "image/jpeg",
    "png": "image/png",
    "gz": "application/gzip",
    "parquet": "application/vnd.apache.parquet",
}


_OF_EPISODES = (".mp3", ".json", ".vtt", ".txt")


class Headers(NamedTuple):
    """What an object is served with."""

    content_type: str
    cache_control: str


def history_key(revision: int) -> str:
    """Return where the catalog of that revision is kept; keys sort by revision."""
    return f"{HISTORY}{revision:010d}.json.gz"


def damaged_key(revision: int) -> str:
    """Return where the bytes of a catalog are kept that could not be read any more."""
    return f"{HISTORY}{revision:010d}{DAMAGED}"


def master_key(sha256: str) -> str:
    """Return where a finished MP3 is kept."""
    return f"{MASTERS}{sha256}.mp3"


def asset_key(artwork: Artwork | Logo | Photo) -> str:
    """Return where a picture that builds need is kept."""
    return f"{ASSETS}{artwork.sha256}.{artwork.extension}"


def text_key(sha256: str) -> str:
    """Return where a text that builds need is kept: a brand's templates, a transcript."""
    return f"{ASSETS}{sha256}.json"


def pending_key(pending_id: str) -> str:
    """Return where the record of a build under way is kept."""
    return f"{PENDING}{pending_id}.json"


def requests_key(day: str) -> str:
    """Return where the requests of a UTC day (``2026-09-08``) are kept."""
    return f"{ANALYTICS}requests/day={day}/requests.parquet"


def hash_in(key: str) -> str:
    """Return the SHA-256 that the name of a master or asset is made of."""
    return key.rpartition("/")[2].partition(".")[0]


def is_private_name(key: str) -> bool:
    """Return whether pitchcast keeps objects of such a name under ``private/``."""
    return _PRIVATE_NAMES.fullmatch(key) is not None


def cover_name(artwork: Artwork) -> str:
    """Return the file name under which a cover is public; it changes with the picture, as Apple asks."""
    return f"cover-{artwork.sha256[:8]}.{artwork.extension}"


def logo_name(logo: Logo) -> str:
    """Return the file name under which a logo is public, beside the show's cover; it changes with the picture."""
    return f"logo-{logo.sha256[:8]}.{logo.extension}"


def photo_name(photo: Photo) -> str:
    """Return the file name under which the host's photo is public, beside the logo; it changes with the picture."""
    return f"photo-{photo.sha256[:8]}.{photo.extension}"


def preview_name(mark: str) -> str:
    """Return the file name of the picture that chats show of an episode, beside the show's cover."""
    return f"preview-{mark}.jpg"


def is_show_file(name: str) -> bool:
    """Return whether a file's name is one that pitchcast gives to a picture or style sheet that all feeds share."""
    return _SHOW_FILES.fullmatch(name) is not None or is_preview(name)


def is_preview(name: str) -> bool:
    """Return whether a file's name is that of a picture which chats show of an episode."""
    return _PREVIEWS.fullmatch(name) is not None


def is_of_episode(key: str) -> bool:
    """Return whether a file of a feed's folder is what people hear or read of an episode: withdrawn, it goes first."""
    return key.endswith(_OF_EPISODES)


def most_bytes(key: str) -> int:
    """Return how large an object can be that pitchcast put under that key; one that is larger is somebody else's."""
    if key.endswith(".parquet"):
        return _LARGEST_DAY_BYTES
    return _LARGEST_AUDIO_BYTES if key.endswith(".mp3") else _LARGEST_BYTES


def public_key(path: str, name: str) -> str:
    """Return where the file *name* of the feed folder *path* lies."""
    return f"{PUBLIC}{path}/{name}"


def headers_of(key: str, *, shared: bool = False) -> Headers:
    """Return content type and Cache-Control for an object.

    Feeds and pages are fresh within a minute. What else lies under a private feed is ``private``: no shared cache
    keeps it, so that revoking works. *shared* files (public audio, covers) never change under their name.
    """
    extension = key.rpartition(".")[2]
    content_type = _CONTENT_TYPES.get(extension, "application/octet-stream")
    if key.startswith(PRIVATE):
        content_type = "application/json" if extension == "json" else content_type
        return Headers(content_type, "private, no-store")
    if extension in ("xml", "html"):
        return Headers(content_type, "max-age=60")
    if shared:
        return Headers(content_type, "public, max-age=31536000, immutable")
    return Headers(content_type, "private, max-age=86400")
