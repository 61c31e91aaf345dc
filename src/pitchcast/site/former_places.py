"""The feeds at a place that the show moved away from: they lead to the new one, and close when those close."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from pitchcast.errors import LostRace, StorageUnavailable
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents, folders
from pitchcast.model.feed import Delivery, FeedContent
from pitchcast.model.layout import FEED_STYLE_NAME
from pitchcast.model.objects import audio_file, copied_files, feed_key, folder_files, shared_audio
from pitchcast.model.place import Moved, Place
from pitchcast.model.token import looks_like_token
from pitchcast.site.assets import Assets
from pitchcast.site.folder import FolderPlan, Listed, carry_out, plan_folder
from pitchcast.site.project import Project
from pitchcast.site.render import Renderer
from pitchcast.site.show_pictures import delete_old_cards
from pitchcast.site.stored import list_folder, list_public
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.connect import open_bucket

_ROUNDS = 5
_GUID = re.compile(rb"<guid[^<>]*>([^<>]+)</guid>")


def place_of(project: Project, public_url: str) -> Place:
    """Return where the show of *project* lies."""
    storage = project.settings.storage
    in_s3 = project.bucket.url.startswith("s3://")
    return Place(
        url=project.bucket.url,
        public_url=public_url,
        endpoint_url=storage.endpoint_url if in_s3 else "",
        region=storage.region if in_s3 else "",
        private_url=storage.private_url,
        single_writer=storage.single_writer,
    )


def open_left(project: Project, place: Place) -> Bucket | None:
    """Return a storage that the show left, None for a folder that is not on this computer.

    The keys are those of the profile that is used now.
    """
    if not place.url.startswith("s3://") and not Path(place.url).is_dir():
        return None
    return open_bucket(place.address(project.settings.storage))


def closing_paths(before: Catalog | None, after: Catalog, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those folders that show less in *after* than before, where the show left another place behind it."""
    if before is None or not after.former_places:
        return ()
    then, now = Contents(before).at, Contents(after).at
    return tuple(path for path in paths if _shown(then(path)) - _shown(now(path)))


def close_left(project: Project, catalog: Catalog, paths: Sequence[str]) -> None:
    """Make the feeds *paths* at the places that the show left say no more than the catalog does.

    Audio goes first. Raises AccessRefused or StorageUnavailable.
    """
    if not paths:
        return
    for place in catalog.former_places:
        bucket = open_left(project, place)
        if bucket is None:
            continue
        contents = Contents(_as_seen_from(place, project, catalog))
        for path in paths:
            _close(bucket, path, contents.at(path), project.assets)
        delete_old_cards(bucket, catalog)


def showing_too_much(project: Project, catalog: Catalog) -> Iterator[tuple[Place, Bucket, list[str]]]:
    """Yield each place that the show left where folders show what the catalog no longer does, with those folders.

    A feed there may lack what came since; folders that nobody but somebody else can have made are left alone.
    """
    for place in catalog.former_places:
        bucket = open_left(project, place)
        if bucket is None:
            continue
        contents = Contents(_as_seen_from(place, project, catalog))
        renderer = Renderer(project.assets)
        known = {*folders(catalog), *catalog.retired_paths}
        paths = []
        for path, listed in list_public(bucket).items():
            is_of_a_feed = (path in known or looks_like_token(path)) and path != catalog.show.art_token
            if is_of_a_feed and _shows_too_much(bucket, path, contents.at(path), listed, renderer):
                paths.append(path)
        if paths:
            yield place, bucket, paths


def plan_endings(project: Project, catalog: Catalog) -> Iterator[tuple[Place, Bucket, list[FolderPlan]]]:
    """Yield each place that the show left and that can be reached, with what ends every address there.

    The page and the feed of an open feed then lead on, what was closed goes on saying so, and all else goes.
    """
    renderer = Renderer(project.assets)
    for place in catalog.former_places:
        bucket = open_left(project, place)
        if bucket is None:
            continue
        contents = Contents(_as_seen_from(place, project, catalog))
        feeds = {feed.path: feed for feed in catalog.feeds if feed.state == "active"}
        closed = {tombstone.path: tombstone for tombstone in catalog.tombstones}
        plans = []
        for path, listed in list_public(bucket).items():
            if path == catalog.show.art_token:  # what leads on is a feed too, and still shown by its style sheet
                listed = {key: info for key, info in listed.items() if not key.endswith(FEED_STYLE_NAME)}
            content = contents.of_left(feeds[path]) if path in feeds else None
            if path in closed:
                content = contents.of_tombstone(closed[path])
            plans.append(plan_folder(path, content, listed, bucket, renderer.render))
        yield place, bucket, plans


def _shown(content: FeedContent | None) -> set[str]:
    """Return the names of the files by which a feed shows or keeps episodes; none of an ended address.

    Audio that feeds share lies elsewhere and counts too: a feed that no longer names it is to say so.
    """
    if content is None or content.is_gone:
        return set()
    files = [*folder_files(content), *shared_audio(content)]
    return {file.name for file in files if file.kind != "call"}


def _as_seen_from(place: Place, project: Project, catalog: Catalog) -> Catalog:
    here = place_of(project, catalog.public_url)
    return msgspec.structs.replace(
        catalog, public_url=place.public_url, moved=Moved(to=here, who="", announced=True), former_places=()
    )


def _close(bucket: Bucket, path: str, content: FeedContent | None, assets: Assets) -> None:
    for _ in range(_ROUNDS):
        listed = list_folder(bucket, path)
        if not listed:
            return
        try:
            plan = plan_folder(path, _as_far_as_there(path, content, listed), listed, bucket, Renderer(assets).render)
            carry_out(plan, bucket)
        except LostRace:
            continue
        return
    raise StorageUnavailable(f"{bucket.url}: others kept changing the same feeds", hint="Run the same command again.")


def _shows_too_much(bucket: Bucket, path: str, content: FeedContent | None, listed: Listed, renderer: Renderer) -> bool:
    """Return whether a folder holds audio or documents that it must not, or its feed names an episode too many."""
    content = _as_far_as_there(path, content, listed)
    plan = plan_folder(path, content, listed, bucket, renderer.render)
    if plan.withdrawn or plan.leftovers:
        return True
    feed = feed_key(path)
    if content is None or feed not in listed or not any(document.key == feed for document in plan.documents):
        return False
    body, _ = bucket.get(feed)
    wanted = set() if content.is_gone else {delivery.episode.guid.encode() for delivery in content.deliveries}
    return not set(_GUID.findall(body)) <= wanted


def _as_far_as_there(path: str, content: FeedContent | None, listed: Listed) -> FeedContent | None:
    """Return the content without episodes and covers that came since the show left: their files are not there."""
    if content is None or content.is_gone:
        return content
    feed = content.feed

    def may_be_heard(delivery: Delivery) -> bool:
        """Return whether the audio is there, as far as it should lie in this folder."""
        audio = audio_file(feed, delivery)
        return audio.path != path or audio.key in listed

    there = tuple(filter(may_be_heard, content.deliveries))
    own_cover = [file for file in copied_files(content) if file.kind == "named cover"]
    if any(file.key not in listed for file in own_cover):
        content = content.with_shared_cover()
    return msgspec.structs.replace(content, deliveries=there)
