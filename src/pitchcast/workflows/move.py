"""Move a show to another storage, with everything that makes it the same show: tokens, guids, history.

Most is copied while others may still publish. Then the old catalog says that the show is on its way, so that nobody
writes there any more; what came since is copied, the new catalog begins, and the feeds are built and tried there. Only
then do the old feeds name their new addresses. A move that was interrupted is completed by the same command.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from pitchcast.analytics.requests import READ_KEY
from pitchcast.config import StorageSettings, rewrite_storage
from pitchcast.errors import CatalogError, ConfigError, NotPrivate, ObjectExists, StorageError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.move import FinishAnswer, MoveAnswer
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import folders
from pitchcast.model.layout import CATALOG, FEED_NAME, PENDING, PRIVATE, PROBE, headers_of
from pitchcast.model.place import Moved, Place, refuse_moved
from pitchcast.model.steps.edit import edit_show
from pitchcast.site.build import build_feeds
from pitchcast.site.change import existing, keep_up
from pitchcast.site.folder import FolderPlan, carry_out
from pitchcast.site.former_places import place_of, plan_endings
from pitchcast.site.pending import announced, read_pending
from pitchcast.site.project import Project, open_project
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.copying import copy_objects, missing_in
from pitchcast.storage.probe import anonymous_status, check_capabilities, check_privacy, check_public, is_unanswered

_THREADS = 16
_LEFT_BEHIND = (CATALOG, PENDING, PROBE, READ_KEY)
"""What is not copied. Which logs were read is found out again: a copy could be newer than those of the days read."""


@dataclass(frozen=True, slots=True)
class Move:
    """A show, and the storage that it is to lie in."""

    source: Project
    target: Project
    place: Place


def plan_move(project: Project, storage: StorageSettings, environ: Mapping[str, str]) -> Move:
    """Return the move of a show to the storage that *storage* describes, checked as far as can be without writing.

    Raises UsageError for the place where it is, CatalogError where another show is there, ShowMoved where it has
    left already, and NotPrivate or StorageError where nobody could listen there, or anybody could read everything.
    """
    settings = replace(project.settings, storage=storage)
    target = open_project(settings, environ, take_over=project.ledger.take_over)
    target = replace(target, dry_run=project.dry_run)
    place = place_of(target, target.public_url())
    _refuse_overlap(project.bucket.url, target.bucket.url)
    catalog = _begun(project)
    if catalog.moved and catalog.moved.announced and not catalog.moved.to.is_at(place):
        refuse_moved(catalog.moved, project.bucket.url)
    _refuse_other_show(target, catalog, place_of(project, catalog.public_url))
    if not project.dry_run:
        _check_storage(target)
    return Move(project, target, place)


def move(plan: Move, environ: Mapping[str, str]) -> MoveAnswer:
    """Carry out a move, or complete one that was interrupted.

    Raises StorageError and PitchcastError as publishing does; until the new place works for listeners, the old feeds
    stay as they are, and the same command goes on.
    """
    source, target = plan.source, plan.target
    if source.dry_run:
        waiting = _to_copy(plan)
        catalog = _begun(source)
        return _answer(plan, catalog, len(waiting), sum(info.size_bytes for info in waiting))
    if _begun(source).moved is None:
        keep_up(source)
    count, size_bytes = _copy(plan)  # most of it while others may still publish
    frozen = _freeze(source, plan.place)
    more, more_bytes = _copy(plan)
    catalog = _arrive(plan, frozen)
    _build(replace(target, progress=source.progress), catalog)
    _check_listening(target, catalog)
    _announce(source, plan.place)
    file, problems = _follow(plan, environ)
    answer = _answer(plan, catalog, count + more, size_bytes + more_bytes)
    return msgspec.structs.replace(answer, settings=file, problems=problems)


def finish(project: Project) -> FinishAnswer:
    """End the addresses at the places that the show left: all audio goes, page and feed only lead on to the new place.

    These small files and the private half stay there until somebody deletes them. Raises StorageError; CatalogError
    where the show left no place, or what is there is not this show's.
    """
    catalog = project.catalog()
    project.ledger.refuse_other_writer(catalog, project.who)
    if not catalog.former_places:
        raise CatalogError("the show left no place that still answers", hint="There is nothing to finish.")
    done: list[Place] = []
    deleted = 0
    for place, bucket, plans in plan_endings(project, catalog):
        _refuse_what_was_not_left(project, catalog, place, bucket)
        if not project.dry_run:
            _carry_out_all(plans, bucket)
        done.append(place)
        deleted += sum(plan.built.deleted for plan in plans)
    if done and not project.dry_run:
        _forget(project, done)
    remaining = tuple(place.url for place in catalog.former_places if place not in done)
    return FinishAnswer(places=tuple(place.url for place in done), deleted=deleted, remaining=remaining)


def _refuse_what_was_not_left(project: Project, catalog: Catalog, place: Place, bucket: Bucket) -> None:
    """Raise CatalogError unless this show's own catalog lies at a place and says that the show has moved."""
    old = replace(project, bucket=bucket, ledger=type(project.ledger)(bucket, new_nonce=project.new_token))
    there = old.ledger.load().catalog
    was_left = there is not None and there.show.id == catalog.show.id and there.moved is not None
    if not was_left:
        raise CatalogError(f"{place.url} does not hold what this show left", hint="Look there before deleting it.")


def _carry_out_all(plans: Sequence[FolderPlan], bucket: Bucket) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda plan: carry_out(plan, bucket), plans))  # the list raises what a thread raised


# ---- before anything is written


def _begun(project: Project) -> Catalog:
    """Return the catalog, also of a show that is on its way. Raises CatalogError where nothing was ever published."""
    catalog = project.ledger.load().catalog
    return catalog if catalog is not None else project.catalog()


def _refuse_overlap(source: str, target: str) -> None:
    one, other = source.rstrip("/").replace("\\", "/"), target.rstrip("/").replace("\\", "/")
    if one == other:
        raise UsageError(f"the show is in {target} already", hint="Name another folder, or s3://BUCKET/PREFIX.")
    for inner, outer in ((one, other), (other, one)):
        if inner.startswith((f"{outer}/public", f"{outer}/private")):
            raise UsageError(f"{inner} lies inside {outer}", hint="Name a place of its own.")


def _refuse_other_show(target: Project, catalog: Catalog, source: Place) -> None:
    there = target.ledger.load().catalog
    if there is None:
        return
    if there.show.id != catalog.show.id:
        raise CatalogError(
            f"{target.bucket.url} holds another show, “{there.show.title}”", hint="Name a prefix of its own."
        )
    arrived = catalog.moved is not None and any(place.is_at(source) for place in there.former_places)
    if there.moved is None and not arrived:
        raise CatalogError(
            f"{target.bucket.url} holds this show already, at revision {there.revision}",
            hint="If that is where it shall be, name it in pitchcast.toml.",
        )
    if there.moved is not None and there.revision > catalog.revision:
        raise CatalogError(f"{target.bucket.url} holds a newer state of this show", hint="Open that one first.")


def _check_storage(target: Project) -> None:
    public_url = target.public_url()
    findings = [*check_privacy(target.bucket, public_url), *check_public(target.bucket, public_url)]
    for finding in findings:
        if finding.level == "error" or is_unanswered(finding):
            raise NotPrivate(f"{finding.where}: {finding.what}", hint=finding.do)
    if not target.settings.storage.single_writer:
        for finding in check_capabilities(target.bucket):
            if finding.level == "error":
                raise StorageError(f"{finding.where}: {finding.what}", hint=finding.do)


# ---- the steps


def _to_copy(plan: Move) -> list[ObjectInfo]:
    found = [info for info in plan.source.bucket.list(PRIVATE) if not info.key.startswith(_LEFT_BEHIND)]
    return missing_in(plan.target.bucket, found, PRIVATE)


def _copy(plan: Move) -> tuple[int, int]:
    waiting = _to_copy(plan)
    told = partial(plan.source.progress, "copying")
    size_bytes = copy_objects(plan.source.bucket, plan.target.bucket, waiting, told)
    return len(waiting), size_bytes


def _freeze(source: Project, place: Place) -> Catalog:
    """Let the old catalog say that the show is on its way, and return it: nobody writes there from now on."""

    def step(found: Catalog | None) -> Catalog:
        catalog = existing(found)
        if catalog.moved and catalog.moved.to == place:
            return catalog
        refuse_moved(catalog.moved if catalog.moved and catalog.moved.announced else None, source.bucket.url)
        moved = Moved(to=place, who=source.who, changed_revision=catalog.revision + 1)
        return msgspec.structs.replace(catalog, moved=moved)

    return source.ledger.commit(
        step, who=source.who, what=f"is moving to {place.url}", at=source.now(), even_moved=True
    )


def _arrive(plan: Move, frozen: Catalog) -> Catalog:
    """Let the catalog go on at the new place: first as it was, then as the next revision with the new address."""
    target = plan.target
    there = target.ledger.load()
    came_from = place_of(plan.source, frozen.public_url)
    arrived = there.catalog is not None and there.catalog.moved is None  # an earlier run came so far
    if not arrived and (there.catalog is None or there.catalog.nonce != frozen.nonce):
        _put_catalog(plan, there.etag)

    def step(found: Catalog | None) -> Catalog:
        catalog = existing(found)
        after = edit_show(catalog, catalog.show, catalog.brand, plan.place.public_url)
        if catalog.moved is None:
            return after
        left = [place for place in catalog.former_places if not place.is_at(plan.place)]
        left = [place for place in left if not place.is_at(came_from)]
        return msgspec.structs.replace(after, moved=None, former_places=(*left, came_from))

    what = f"moved here from {plan.source.bucket.url}"
    return target.ledger.commit(step, who=target.who, what=what, at=target.now(), even_moved=True)


def _put_catalog(plan: Move, etag: str) -> None:
    body, _ = plan.source.bucket.get(CATALOG)
    try:
        if etag:
            plan.target.bucket.replace_if(CATALOG, body, etag, headers_of(CATALOG))
        else:
            plan.target.bucket.put_new(CATALOG, body, headers_of(CATALOG))
    except ObjectExists as error:
        raise CatalogError(f"{plan.target.bucket.url}: somebody else moves there too", hint="Run it again.") from error


def _build(project: Project, catalog: Catalog) -> None:
    """Build every folder, also those that only a build which nobody finished names: an address that was taken back."""
    wanted = dict.fromkeys(folders(catalog))
    for record in read_pending(project):
        wanted |= dict.fromkeys(record.paths)
    paths = tuple(wanted)
    with announced(project, paths) as announcement:
        build_feeds(project, paths, keep=announcement.keep)


def _check_listening(target: Project, catalog: Catalog) -> None:
    """Ask for one feed as a listener would. A folder is served by somebody else, so nothing is asked there."""
    if not target.bucket.url.startswith("s3://"):
        return
    for feed in [feed for feed in catalog.feeds if feed.state == "active"][:1]:
        status = anonymous_status(f"{catalog.public_url}/{feed.path}/{FEED_NAME}", reach=target.bucket.reach)
        if status != 200:
            raise StorageError(
                f"listeners get the answer {status} at {catalog.public_url}",
                hint="Correct --public-url and run the move again, or first open public/: "
                f"{pitchcast_command('storage setup')}",
            )


def _announce(source: Project, place: Place) -> None:
    """Let the old feeds name their new addresses; revoked ones never do."""

    def step(found: Catalog | None) -> Catalog:
        catalog = existing(found)
        if catalog.moved and catalog.moved.announced:
            return catalog
        moved = Moved(to=place, who=source.who, announced=True, changed_revision=catalog.revision + 1)
        return msgspec.structs.replace(catalog, moved=moved)

    catalog = source.ledger.commit(step, who=source.who, what=f"moved to {place.url}", at=source.now(), even_moved=True)
    _build(source, catalog)


def _follow(plan: Move, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Write the new place into pitchcast.toml and return its name, and what is left to do by hand."""
    settings, storage = plan.source.settings, plan.target.settings.storage
    if settings.file is None:
        return "", (f"there is no pitchcast.toml: name {plan.place.url} in one as [storage] url",)
    values = {
        "url": plan.place.url,
        "endpoint_url": plan.place.endpoint_url,
        "region": plan.place.region,
        "profile": storage.profile if plan.place.url.startswith("s3://") else "",
        "public_url": storage.public_url,
        "private_url": plan.place.private_url,
    }
    try:
        rewrite_storage(settings.file, values, environ)
    except ConfigError as error:
        return "", (f"{error.message} {error.hint}".strip(),)
    return str(settings.file), ()


def _forget(project: Project, places: list[Place]) -> None:
    def step(found: Catalog | None) -> Catalog:
        current = existing(found)
        left = tuple(place for place in current.former_places if place not in places)
        return msgspec.structs.replace(current, former_places=left) if left != current.former_places else current

    what = f"closed {', '.join(place.url for place in places)}"
    project.ledger.commit(step, who=project.who, what=what, at=project.now())


def _answer(plan: Move, catalog: Catalog, objects: int, size_bytes: int) -> MoveAnswer:
    return MoveAnswer(
        url=plan.place.url,
        public_url=plan.place.public_url,
        from_url=plan.source.bucket.url,
        objects=objects,
        bytes=size_bytes,
        feeds=len([feed for feed in catalog.feeds if feed.state == "active"]),
        catalog_revision=catalog.revision,
    )
