"""Which keys every storage can hold: the intersection of S3 services and of file systems, Windows included."""

import re

from pitchcast.errors import StorageError
from pitchcast.model.token import mask_tokens

_SEGMENT_BYTES = 255
_KEY_BYTES = 1024  # Amazon S3 User Guide, "Naming Amazon S3 objects"
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def is_key(key: str) -> bool:
    """Return whether *key* can name an object in every storage.

    Segments between single slashes are not empty, don't start with a dot (``..``, and the storage's own files), don't
    end in a dot or space, and hold nothing that Windows reserves.
    """
    if _FORBIDDEN.search(key) or len(key.encode()) > _KEY_BYTES:
        return False
    return all(_is_segment(segment) for segment in key.split("/"))


def check_key(key: str) -> str:
    """Return *key*, or raise StorageError where some storage could not hold it."""
    if not is_key(key):
        raise StorageError(
            f"{mask_tokens(key)!r} cannot name an object in the storage",
            hint="Names are relative, with single slashes, without dots in front and without characters that Windows "
            "reserves; each part has at most 255 bytes.",
        )
    return key


def check_prefix(prefix: str) -> str:
    """Return *prefix*, or raise StorageError where no key could start with it. "" is every key's prefix."""
    if prefix:
        check_key(prefix.removesuffix("/"))
    return prefix


def _is_segment(segment: str) -> bool:
    return (
        segment != ""
        and not segment.startswith(".")
        and not segment.endswith((".", " "))
        and len(segment.encode()) <= _SEGMENT_BYTES
        and not _RESERVED.fullmatch(segment)
    )
