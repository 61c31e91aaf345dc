"""The masters, pictures and texts that a catalog names: which are missing or damaged, and where a right copy lies.

They are named by the SHA-256 of their bytes, so a wrong one is known by reading it. A show of up to 100 MB is read
whole; of a larger one sizes are compared, and the rest is read only when somebody asks for a thorough look.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

from pitchcast.errors import CatalogError, LostRace, ObjectMissing
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents
from pitchcast.model.feed import FeedContent
from pitchcast.model.finding import Finding
from pitchcast.model.layout import (
    PRIVATE,
    PRUNED,
    asset_key,
    hash_in,
    headers_of,
)
from pitchcast.model.objects import (
    PrivateObject,
    PublicFile,
    copied_files,
    needed_objects,
    preview_files,
    shared_audio,
    show_files,
)
from pitchcast.model.show import Artwork, NamedCover, Show
from pitchcast.page.titles import cover_line
from pitchcast.site.folder import Listed, Listing
from pitchcast.site.project import Progress, Project
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.hashed import sha256_of

READ_WHOLE_BYTES = 100_000_000
"""How much is read without being asked: on a slow line two minutes, and more than most shows have."""
_THREADS = 4
_DRAWN = 100  # each takes a tenth of a second

_NO_FEED = "no feed can be built"
_FROM_BACKUP = "Restore it from a backup of the storage"


@dataclass(frozen=True, slots=True)
class Source:
    """An object that builds need: ``where`` names what for, ``lost`` what cannot be done without it.

    ``again`` is what a person can do where no right copy is left. ``size_bytes`` is 0 where the catalog does not say.
    """

    key: str
    where: str
    lost: str
    again: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SourceFault:
    """A source that is ``missing`` or damaged. Its right bytes lie in ``copy``, or were ``drawn`` anew, or are lost."""

    source: Source
    missing: bool
    copy: ObjectInfo | None
    drawn: bytes

    @property
    def can_be_mended(self) -> bool:
        """Return whether the right bytes are at hand."""
        return self.copy is not None or bool(self.drawn)

    @property
    def finding(self) -> Finding:
        """Return what the doctor says of it."""
        key, lost = self.source.key, self.source.lost
        wrong = "is missing" if self.missing else "is damaged: its bytes are not those that its name stands for"
        do = _how_to_mend() if self.can_be_mended else self.source.again
        return Finding(level="error", where=self.source.where, what=f"{key} {wrong}, so {lost}", do=do)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the sources found; ``unread_bytes`` is how much of them only had its size compared."""

    faults: tuple[SourceFault, ...]
    unread_bytes: int

    @property
    def wrong(self) -> frozenset[str]:
        """Return the keys of what is missing or damaged."""
        return frozenset(fault.source.key for fault in self.faults)


def needed_sources(catalog: Catalog) -> dict[str, Source]:
    """Return what builds of the catalog need, by key."""
    sources: dict[str, Source] = {}
    for needed in needed_objects(catalog):
        if needed.key not in sources:  # the first that needs it names it
            sources[needed.key] = _source(needed, catalog.show)
    return sources


def look_at_sources(
    project: Project,
    catalog: Catalog,
    stored: Mapping[str, ObjectInfo],
    listed: Listing,
    *,
    thorough: bool = False,
) -> Looked:
    """Return the faults of what the catalog names, as ``private/`` is *stored* and ``public/`` is *listed*."""
    needed = needed_sources(catalog)
    missing = needed.keys() - stored.keys()
    wrong_keys = missing | _of_wrong_size(needed, stored)
    unread = [stored[key] for key in needed if key not in wrong_keys]
    unread_bytes = sum(info.size_bytes for info in unread)
    if thorough or unread_bytes <= READ_WHOLE_BYTES:
        wrong_keys |= _damaged_among(project.bucket, unread, project.progress)
        unread_bytes = 0

    wrong = [source for source in needed.values() if source.key in wrong_keys]
    copies = _right_copies(project.bucket, catalog, wrong, stored, listed)
    drawn = _drawn(project, catalog, wrong_keys - copies.keys())
    faults = tuple(
        SourceFault(source, source.key in missing, copies.get(source.key), drawn.get(source.key, b""))
        for source in wrong
    )
    return Looked(faults, unread_bytes)


def mend(project: Project, fault: SourceFault) -> bool:
    """Put the right bytes in the place of what is missing or damaged; False where the copy is no longer there.

    What is written is named by its bytes, so it cannot be wrong for anybody who writes at the same moment.
    """
    key = fault.source.key
    if fault.copy is None:
        project.bucket.put(key, fault.drawn, headers_of(key))
        return True
    try:
        project.bucket.copy(fault.copy.key, key, headers_of(key), if_match=fault.copy.etag)
    except (ObjectMissing, LostRace):
        return False
    return True


def damaged_pictures(content: FeedContent | None, there: Listed, stored: Mapping[str, ObjectInfo]) -> list[str]:
    """Return the covers in a feed's folder that have another size than what they are copies of, as it is *stored*.

    What is damaged itself is to be left out of *stored*.
    """
    copies = copied_files(content) if content else []
    pictures = [file for file in copies if file.kind != "audio"]
    present = [file for file in pictures if file.key in there]
    return [file.key for file in present if _differs(file, there, stored)]


def damaged_show_files(catalog: Catalog, listed: Listing, stored: Mapping[str, ObjectInfo]) -> list[str]:
    """Return what all feeds share and is missing, or has another size than what it is a copy of.

    What is damaged itself is to be left out of *stored*.
    """
    there = listed.get(catalog.show.art_token, {})
    copies = [file.key for file in show_files(catalog) if _differs(file, there, stored)]
    return copies + [file.key for file in preview_files(catalog) if file.key not in there]


def _how_to_mend() -> str:
    return f"Mend it from a copy that is right: {pitchcast_command('doctor --repair')}"


def _differs(copy: PublicFile, there: Listed, stored: Mapping[str, ObjectInfo]) -> bool:
    """Return whether what lies *there* is missing, or not as long as its source; the style sheet has none."""
    if not copy.source:
        return copy.key not in there
    if copy.source not in stored:
        return False
    return copy.key not in there or there[copy.key].size_bytes != stored[copy.source].size_bytes


# ---- what is needed


def _source(needed: PrivateObject, show: Show) -> Source:
    """Return an object that builds need in the doctor's words."""
    wanted_by, lost, command = _words(needed, show)
    return Source(needed.key, wanted_by, lost, f"{_FROM_BACKUP}, or {command}", needed.size_bytes)


def _words(needed: PrivateObject, show: Show) -> tuple[str, str, str]:
    """Return what an object is for, what cannot be done without it, and how a person can give it again."""
    owner = needed.owner
    edit = pitchcast_command("episodes edit", owner)
    without_episode = "no feed with this episode can be built again"
    match needed.kind:
        case "show cover" if show.cover_drawn:
            return "the show", _NO_FEED, f"have another one drawn: {pitchcast_command('show edit --accent COLOUR')}"
        case "show cover":
            return "the show", _NO_FEED, f"give it again: {pitchcast_command('show edit --artwork PICTURE')}"
        case "logo":
            return "the show", _NO_FEED, f"give it again: {pitchcast_command('show edit --logo PICTURE')}"
        case "photo":
            return "the show", _NO_FEED, f"give it again: {pitchcast_command('show edit --photo PICTURE')}"
        case "templates":
            return "the show", _NO_FEED, f"give it again: {pitchcast_command('show edit --templates FOLDER')}"
        case "audio":
            again = pitchcast_command("episodes replace", owner, "RECORDING")
            return owner, without_episode, f"give the recording again: {again}"
        case "episode cover":
            return owner, without_episode, f"give it again: {edit} --cover PICTURE"
        case "transcript":
            return owner, without_episode, f"give it again: {edit} --transcript FILE"
        case "named cover":
            without = pitchcast_command("show edit --no-cover-per-prospect")
            again = f"have all drawn anew: {without} and then {pitchcast_command('show edit --cover-per-prospect')}"
            return "covers", f"the feed of {owner} cannot be built again", again
        case "greeted audio":
            lost = "what begins with a greeting cannot be built again"
            deliver = pitchcast_command("episodes deliver EPISODE --to WHO --greeting FILE")
            return owner, lost, f"give the greeting again: {deliver}"


# ---- what is read


def _of_wrong_size(needed: Mapping[str, Source], stored: Mapping[str, ObjectInfo]) -> set[str]:
    """Return the keys of objects that are there, but longer or shorter than the catalog says."""
    present = (source for source in needed.values() if source.key in stored)
    return {source.key for source in present if not _has_its_size(source, stored[source.key])}


def _damaged_among(bucket: Bucket, infos: Sequence[ObjectInfo], progress: Progress) -> set[str]:
    damaged: set[str] = set()
    with ThreadPoolExecutor(_THREADS) as pool:
        hashes = pool.map(partial(_hash, bucket), infos)
        for done, (info, sha256) in enumerate(zip(infos, hashes, strict=True), 1):
            if sha256 != hash_in(info.key):
                damaged.add(info.key)
            progress("reading masters and pictures", done / len(infos))
    return damaged


def _hash(bucket: Bucket, info: ObjectInfo) -> str:
    """Return the SHA-256 of an object, "" where it is gone."""
    try:
        return sha256_of(bucket, info)
    except ObjectMissing:
        return ""


def _copies(
    catalog: Catalog, wrong: set[str], stored: Mapping[str, ObjectInfo], listed: Listing
) -> Mapping[str, list[ObjectInfo]]:
    """Return the objects that should hold the same bytes as those that are *wrong*: public ones, and set aside ones."""
    found: dict[str, list[ObjectInfo]] = defaultdict(list)
    for key in wrong:
        aside = PRUNED + key.removeprefix(PRIVATE)
        if aside in stored:
            found[key].append(stored[aside])
    for file in _copied(catalog):
        there = listed.get(file.path, {})
        if file.source in wrong and file.key in there:
            found[file.source].append(there[file.key])
    return found


def _copied(catalog: Catalog) -> Iterator[PublicFile]:
    """Yield the public files that are copies."""
    yield from show_files(catalog)
    contents = Contents(catalog)
    for feed in (f for f in catalog.feeds if f.state == "active"):
        content = contents.of(feed)
        yield from copied_files(content)
        yield from shared_audio(content)


def _right_copies(
    bucket: Bucket, catalog: Catalog, wrong: Sequence[Source], stored: Mapping[str, ObjectInfo], listed: Listing
) -> dict[str, ObjectInfo]:
    """Return a copy with the right bytes for each source that is *wrong*, by its key; none where no copy is right."""
    if not wrong:
        return {}  # to list all copies of a large show takes time
    copies = _copies(catalog, {source.key for source in wrong}, stored, listed)
    found: dict[str, ObjectInfo] = {}
    for source in wrong:
        copy = _right_copy(bucket, source, copies.get(source.key, ()))
        if copy is not None:
            found[source.key] = copy
    return found


def _right_copy(bucket: Bucket, source: Source, copies: Iterable[ObjectInfo]) -> ObjectInfo | None:
    """Return the first copy that holds the right bytes; what has the ETag of a wrong one is not read again."""
    seen: set[str] = set()
    for copy in copies:
        may_be_right = _has_its_size(source, copy) and copy.etag not in seen
        if may_be_right and _hash(bucket, copy) == hash_in(source.key):
            return copy
        seen.add(copy.etag)
    return None


def _has_its_size(source: Source, info: ObjectInfo) -> bool:
    """Return whether an object is as long as the source should be, as far as the catalog says how long that is."""
    return source.size_bytes in (0, info.size_bytes)


# ---- what is drawn anew


def _drawn(project: Project, catalog: Catalog, wanted: set[str]) -> dict[str, bytes]:
    """Return drawn covers among what is *wanted*, by key, as far as they come out as they were; at most a hundred."""
    drawn: dict[str, bytes] = {}
    show = catalog.show
    if show.cover_drawn and show.cover and _is_wanted(show.cover, wanted):
        drawn |= _draw(project, catalog, None)
    named = (cover for cover in catalog.named_covers if _is_wanted(cover.artwork, wanted))
    for cover in islice(named, _DRAWN):
        drawn |= _draw(project, catalog, cover)
    return drawn


def _is_wanted(cover: Artwork, wanted: set[str]) -> bool:
    return any(asset_key(size) in wanted for size in cover.sizes)


def _draw(project: Project, catalog: Catalog, cover: NamedCover | None) -> dict[str, bytes]:
    """Return a named cover, or the show's, large and small, by key; nothing where the logo or the words are lost."""
    from pitchcast.artwork.cover import cover_artwork, draw_cover, make_thumbnail

    brand = catalog.brand
    try:
        logo = project.assets.get(asset_key(brand.logo)) if brand.logo else b""
        own_words = project.assets.overrides(brand)
    except CatalogError:
        return {}
    for_whom = cover_line(cover.name, cover.language, own_words) if cover else ""
    body = draw_cover(catalog.show.title, catalog.show.host, brand, logo=logo, for_whom=for_whom)
    small = make_thumbnail(body)
    return {asset_key(cover_artwork(picture)): picture for picture in (body, small)}
