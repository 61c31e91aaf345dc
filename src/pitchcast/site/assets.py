"""What builds need and the catalog names by its SHA-256: fetched once, however many feeds it is for."""

import hashlib
from functools import lru_cache
from threading import Lock

import msgspec

from pitchcast.errors import CatalogError, ObjectMissing
from pitchcast.invocation import pitchcast_command
from pitchcast.model.episode import Episode
from pitchcast.model.layout import asset_key, hash_in, text_key
from pitchcast.model.show import Artwork, Brand
from pitchcast.model.transcript import Timeline, Transcript, heard_transcript, unpack_transcript
from pitchcast.page.overrides import Overrides, unpack_overrides
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.hashed import missing_source, not_what_its_name_says


class Assets:
    """Texts and pictures under ``private/assets/`` of one storage, by key."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._known: dict[str, bytes] = {}
        self._lock = Lock()

    def remember(self, key: str, body: bytes) -> None:
        """Know an asset from now on, so that it need not be fetched; it may not be stored yet."""
        self._known[key] = body

    def get(self, key: str) -> bytes:
        """Return an asset. Raises CatalogError where storage lacks it, or holds something else under its name."""
        with self._lock:
            if key not in self._known:
                self._known[key] = self._fetched(key)
            return self._known[key]

    def overrides(self, brand: Brand) -> Overrides | None:
        """Return the brand's own templates, style and words, None where it has none. Raises CatalogError."""
        key = text_key(brand.templates)
        return _unpacked(self.get(key), key) if brand.templates else None

    def transcript(self, episode: Episode) -> Transcript | None:
        """Return what is said in an episode, at the times of its audio; None where nobody wrote it down."""
        if episode.transcript is None:
            return None
        stored = self.get(text_key(episode.transcript.sha256))
        try:
            return _heard(stored, episode.timeline, episode.master.duration_s)
        except (ValueError, RecursionError) as error:
            raise CatalogError(
                f"{self._bucket.url}/{text_key(episode.transcript.sha256)} is no transcript: {error}",
                hint=f"Give it again: {pitchcast_command('episodes edit', episode.id, '--transcript', 'FILE')}",
            ) from error

    def _fetched(self, key: str) -> bytes:
        try:
            body, _ = self._bucket.get(key)
        except ObjectMissing as error:
            raise missing_source(self._bucket, key) from error
        if hashlib.sha256(body).hexdigest() != hash_in(key):
            raise not_what_its_name_says(self._bucket, key)
        return body


def with_small(cover: Artwork, body: bytes) -> tuple[Artwork, dict[str, bytes]]:
    """Return a cover together with the smaller picture that pages show, and the bytes of both by key."""
    from pitchcast.artwork.cover import cover_artwork, make_thumbnail

    thumbnail = make_thumbnail(body)
    small = cover_artwork(thumbnail)
    pictures = {asset_key(cover): body, asset_key(small): thumbnail}
    return msgspec.structs.replace(cover, small=small), pictures


@lru_cache(maxsize=64)
def _heard(stored: bytes, timeline: Timeline | None, duration_s: float) -> Transcript:
    return heard_transcript(unpack_transcript(stored), timeline, duration_s)


_unpacked = lru_cache(maxsize=8)(unpack_overrides)
