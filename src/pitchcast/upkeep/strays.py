"""What lies in the storage and belongs to nothing there: cut-off looks, folders of no feed, files of somebody else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import folders
from pitchcast.model.finding import Finding
from pitchcast.model.layout import PUBLIC, is_private_name, is_show_file
from pitchcast.model.text import first_few
from pitchcast.model.token import looks_like_token, mask_tokens
from pitchcast.site.folder import Listed, Listing
from pitchcast.site.project import Project
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.storage.keys import is_key
from pitchcast.storage.probe import is_throw_away

YOUNG = timedelta(hours=1)
"""A folder of no feed that is younger may belong to somebody who is publishing right now."""
_LOOKING = timedelta(minutes=1)  # what a look puts lies there for seconds
_NAMED = 5

StrayKind = Literal["ended", "unknown", "young", "lost"]
"""Why a folder is of no feed: its address has ``ended``; nobody knows it, or not yet (``young``); its feed was ``lost``
with a damaged catalog, and people may still use it."""


@dataclass(frozen=True, slots=True)
class StrayFolder:
    """A folder under ``public/`` that belongs to no feed and that only pitchcast can have made."""

    path: str
    kind: StrayKind
    listed: Listed

    @property
    def modified(self) -> datetime:
        """Return when the newest object in it was written."""
        return max(info.modified for info in self.listed.values())


@dataclass(frozen=True, slots=True)
class Strays:
    """Everything that belongs to nothing: left-over ``throw_away`` objects, folders, and keys of ``foreign`` files."""

    throw_away: tuple[str, ...]
    folders: tuple[StrayFolder, ...]
    foreign: tuple[str, ...]

    @property
    def to_repair(self) -> tuple[StrayFolder, ...]:
        """Return the folders that nobody can need."""
        return tuple(folder for folder in self.folders if folder.kind in ("ended", "unknown"))

    @property
    def to_prune(self) -> tuple[StrayFolder, ...]:
        """Return the folders that go only when somebody says so."""
        return tuple(folder for folder in self.folders if folder.kind == "lost")

    @property
    def deletable(self) -> tuple[str, ...]:
        """Return the foreign files that can be deleted: some names no other storage could hold."""
        return tuple(key for key in self.foreign if is_key(key))


def find_strays(project: Project, catalog: Catalog, stored: Mapping[str, ObjectInfo], listed: Listing) -> Strays:
    """Return what belongs to nothing, as ``private/`` is *stored* and ``public/`` is *listed*.

    *catalog* must have been loaded after both were listed: then it names the folders of all that is being published.
    """
    now = project.now()
    objects = dict(stored)
    for found in listed.values():
        objects |= found
    thrown = {key for key in objects if is_throw_away(key)}
    left_over = sorted(key for key in thrown if now - objects[key].modified > _LOOKING)

    known = {*folders(catalog), catalog.show.art_token}
    unknown = {path: found for path, found in listed.items() if path not in known}
    of_none = _folders_of_none(project, catalog, unknown, now)

    strange = [*_outside(of_none, unknown), *_not_private(stored)]
    foreign = [key for key in strange if key not in thrown]
    foreign += _foreign_among_pictures(catalog, listed)
    return Strays(tuple(left_over), of_none, tuple(sorted(filter(_is_file, foreign))))


def findings(strays: Strays) -> Iterator[Finding]:
    """Yield what the doctor says of strays."""
    if strays.throw_away:
        what = f"left over from a look at the storage that was cut off: {some_keys(strays.throw_away)}"
        do = f"Delete it: {pitchcast_command('doctor --repair')}"
        yield Finding(level="warning", where="storage", what=what, do=do)
    for folder in strays.folders:
        yield _about_folder(folder)
    yield from _about_foreign(strays)


def some_keys(keys: Sequence[str]) -> str:
    """Return the first of these keys, without secrets, and how many more there are."""
    return first_few(list(map(mask_tokens, keys)), _NAMED)


def _about_folder(folder: StrayFolder) -> Finding:
    where = mask_tokens(folder.path)
    count = len(folder.listed)
    what = f"{count} object{'' if count == 1 else 's'} under public/{where} belong{'s' * (count == 1)} to no feed"
    if folder.kind == "young":
        until = (folder.modified + YOUNG).strftime("%H:%M")
        what += ", and somebody may be publishing right now"
        return Finding(
            level="warning",
            where=where,
            what=what,
            do=f"After {until} UTC delete it: {pitchcast_command('doctor --repair')}",
        )
    if folder.kind == "lost":
        what += ": it was lost with the damaged catalog, and whoever has the link still hears what is there"
        do = f"Publish again what should be heard, then delete it: {pitchcast_command('doctor --prune')}"
        return Finding(level="error", where=where, what=what, do=do)
    return Finding(level="error", where=where, what=what, do=f"Delete it: {pitchcast_command('doctor --repair')}")


def _about_foreign(strays: Strays) -> Iterator[Finding]:
    deletable = strays.deletable
    stubborn = [key for key in strays.foreign if key not in set(deletable)]
    if deletable:
        what = f"{len(deletable)} that pitchcast did not make: {some_keys(deletable)}"
        prune = pitchcast_command("doctor --prune")
        do = f"Move what you need to another place, then delete the rest: {prune} (--dry-run tells)"
        yield Finding(level="warning", where="files", what=what, do=do)
    if stubborn:
        what = f"{len(stubborn)} that pitchcast did not make and cannot delete, by their names: {some_keys(stubborn)}"
        yield Finding(level="warning", where="files", what=what, do="Delete them with your service's own tool.")


def _folders_of_none(
    project: Project, catalog: Catalog, unknown: Mapping[str, Listed], now: datetime
) -> tuple[StrayFolder, ...]:
    """Return those *unknown* folders that only pitchcast can have made, sorted by path."""
    if not unknown:
        return ()
    lost_at = project.ledger.damaged_at()
    made_here = [path for path in sorted(unknown) if _is_made_here(path, unknown[path], catalog)]
    return tuple(
        StrayFolder(path, _kind(path, unknown[path], catalog, now, lost_at), unknown[path]) for path in made_here
    )


def _outside(of_none: Iterable[StrayFolder], unknown: Mapping[str, Listed]) -> Iterator[str]:
    """Yield the keys in *unknown* folders that pitchcast cannot have made."""
    made_here = {folder.path for folder in of_none}
    for path, found in unknown.items():
        if path not in made_here:
            yield from found


def _not_private(stored: Iterable[str]) -> Iterator[str]:
    """Yield the keys that pitchcast gives to nothing under ``private/``."""
    return (key for key in stored if not is_private_name(key))


def _is_made_here(path: str, found: Listed, catalog: Catalog) -> bool:
    """Return whether only pitchcast can have made a folder; what lies directly under ``public/`` is none."""
    is_folder = all(key.startswith(f"{PUBLIC}{path}/") for key in found)
    return is_folder and (path in catalog.retired_paths or looks_like_token(path))


def _kind(path: str, found: Listed, catalog: Catalog, now: datetime, lost_at: datetime | None) -> StrayKind:
    if path in catalog.retired_paths:
        return "ended"
    if lost_at and any(info.modified <= lost_at for info in found.values()):
        return "lost"
    return "young" if any(now - info.modified <= YOUNG for info in found.values()) else "unknown"


def _foreign_among_pictures(catalog: Catalog, listed: Listing) -> Iterable[str]:
    """Return what lies beside the show's pictures and style sheet; earlier ones stay, for apps that still name them."""
    token = catalog.show.art_token
    start = f"{PUBLIC}{token}/"
    return [key for key in listed.get(token, {}) if not is_show_file(key.removeprefix(start))]


def _is_file(key: str) -> bool:
    """Return whether a key names a file: the consoles of services make empty objects to show a folder."""
    return not key.endswith("/")
