"""Change the catalog, then make ``public/`` say so: how every writing command ends.

The command's own step is committed first, together with what has become due. Then one build makes right the folders
that the step changed, those that the command names whether it changed anything or not, and those of other work that
was cut off. Before the catalog is replaced, a pending record says what is wanted and which folders are concerned; it
goes when the answer was given. Only writing commands do any of that; a command that lists never deletes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar, overload

import msgspec

from pitchcast.errors import CatalogError, ObjectMissing, PitchcastError, StorageError, StorageUnavailable
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import Built
from pitchcast.model.catalog import INTENTS_KEPT, Catalog, Intent, find_intent, with_intents
from pitchcast.model.contents import Contents, concerned_paths
from pitchcast.model.layout import headers_of
from pitchcast.model.preview import card_names
from pitchcast.model.steps.access import settle
from pitchcast.model.steps.named_covers import with_covers
from pitchcast.site.attempt import Attempt, anonymous, told_of
from pitchcast.site.build import build_feeds
from pitchcast.site.executors import FolderDone
from pitchcast.site.former_places import close_left, closing_paths
from pitchcast.site.named_covers import cover_drawer
from pitchcast.site.pending import Announcement, Found, State, is_committed, mark
from pitchcast.site.privacy import check_private, check_taken_away
from pitchcast.site.project import Project
from pitchcast.site.render import render_folder
from pitchcast.site.show_pictures import delete_old_cards, put_show_pictures
from pitchcast.storage.ledger import to_thin

SETTLED = "carried out what had become due"
GIVEN_UP = "gave up what was interrupted before it was decided"
_CHECKED_BEFORE_COMMIT = 3

_NO_SOURCES: Mapping[str, bytes | Path] = MappingProxyType({})

X = TypeVar("X")

Step = Callable[[Catalog], Catalog]
TellingStep = Callable[[Catalog], tuple[Catalog, X]]
"""A step that returns something to tell besides the catalog. Any step may run several times."""

Named = Callable[[Catalog], Iterable[str]]


def names_none(_catalog: Catalog) -> Iterable[str]:
    """Name no folder besides those that a step changes."""
    return ()


@dataclass(frozen=True, slots=True)
class Changed(Generic[X]):
    """What a change led to; ``paths`` are the folders that the command's own step changed, none where it did not.

    ``extra`` is what the step returned besides the catalog, None where an interrupted run had carried it out already.
    ``records`` are the keys of the records of other work that was finished along with it: they are marked once the
    answer was given.
    """

    catalog: Catalog
    paths: tuple[str, ...]
    built: Built
    extra: X | None = None
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a writing command asks of a change, besides its step.

    ``what`` goes into the history. ``names`` are the folders that the command is about: they are right afterwards also
    where the step changes nothing. Without ``build_new`` the empty feeds of new prospects are left to be built later.
    What ``takes_away`` is carried out also where the private half of the storage can be read by anyone, and ends well
    only when what was taken away is no longer there. ``sources`` are the masters and pictures that the caller put for
    this change, by key: what a prune took before the catalog named it is put again. What ``finishes_all`` finishes all
    work whose process has died, and nobody need be told of it any more. ``first`` is the catalog of a show that is
    started by the change; every other change needs one that exists.
    """

    what: str
    names: Named = names_none
    build_new: bool = True
    takes_away: bool = False
    sources: Mapping[str, bytes | Path] = field(default_factory=lambda: _NO_SOURCES)
    finishes_all: bool = False
    first: Catalog | None = None


@overload
def change(project: Project, step: Step, wish: Wish, attempt: Attempt[Any] | None = None) -> Changed[None]: ...
@overload
def change(project: Project, step: TellingStep[X], wish: Wish, attempt: Attempt[Any] | None = None) -> Changed[X]: ...
def change(
    project: Project, step: Step | TellingStep[Any], wish: Wish, attempt: Attempt[Any] | None = None
) -> Changed[Any]:
    """Carry out *step* on the catalog and build the feeds it concerns; *attempt* is the command that asks for it.

    Where an interrupted run of the command is in the catalog already, the step is not carried out again. In a dry run
    nothing is written.

    Raises what *step* raises (nothing is changed then), CatalogError where there is no catalog, FeedError before
    anything is written where a feed would be rejected, NotPrivate, and StorageError; after one of those the same
    command completes the work.
    """
    if project.dry_run:
        return _look_ahead(project, step, attempt)
    if not wish.takes_away:
        check_private(project)
    attempt = attempt or anonymous(project, project.ledger.load().catalog)
    if attempt.catalog:
        project.ledger.refuse_other_writer(attempt.catalog, project.who)
    return _Change(project, step, wish, attempt).carry_out()


def start_show(project: Project, first: Catalog) -> Catalog:
    """Store *first* as a show's first catalog and return it, or what a colleague stored who was quicker."""
    return change(project, unchanged, Wish(what="started the show", first=first)).catalog


def keep_up(project: Project, *, finishes_all: bool = False) -> Changed[None] | None:
    """Do overdue maintenance: finish old builds, revoke what expired, remove what was kept long enough.

    With *finishes_all* also what is younger, where its process has died. Returns None where nothing was ever
    published. Raises CatalogError where only somebody else may write.
    """
    if project.ledger.load().catalog is None:
        return None
    return change(project, unchanged, Wish(what=SETTLED, takes_away=True, finishes_all=finishes_all))


def unchanged(catalog: Catalog) -> Catalog:
    """Return the catalog as it is: the step of a command that only makes sure that all is right."""
    return catalog


def existing(catalog: Catalog | None) -> Catalog:
    """Return the catalog. Raises CatalogError where there is none, although the command has read one before."""
    if catalog is None:
        raise CatalogError("the catalog is gone", hint=f"See what happened with: {pitchcast_command('doctor')}")
    return catalog


def gone_after(project: Project) -> timedelta:
    """Return how long an ended address says that it ended: ``gone_days``."""
    return timedelta(days=project.settings.storage.gone_days)


def thin_history(project: Project, now: datetime) -> int:
    """Delete revisions older than ``history_days`` but the last one of each day, and return how many there were."""
    replaced_at = {number: info.modified for number, info in project.ledger.revisions().items()}
    superfluous = to_thin(replaced_at, now - timedelta(days=project.settings.storage.history_days))
    if superfluous:
        project.ledger.forget(superfluous)
    return len(superfluous)


def _look_ahead(project: Project, step: Step | TellingStep[Any], attempt: Attempt[Any] | None) -> Changed[Any]:
    """Return what a change would lead to, writing nothing."""
    before = project.ledger.load().catalog
    if before is not None:
        project.ledger.refuse_other_writer(before, project.who)
        due = before = settle(before, project.now(), gone=gone_after(project))
    else:
        due = existing(attempt.catalog if attempt else None)  # a dry run starts no show, so it is not stored
    after, extra = _apart(step(due))
    if after is due:
        paths: tuple[str, ...] = ()
    else:
        after = with_covers(after, ())  # nothing is drawn to look ahead
        paths = tuple(concerned_paths(before, after))
    _check_some(project, after, paths)
    return Changed(after, paths, Built(feeds=len(paths)), extra)


def _apart(result: Catalog | tuple[Catalog, Any]) -> tuple[Catalog, Any]:
    """Return the catalog that a step returned and what it told besides, None for nothing."""
    return result if isinstance(result, tuple) else (result, None)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be built after the commit, as it was worked out on the catalog that the commit replaced.

    ``concerned`` are the folders that the step changed, ``closing`` those of them that show less than before, ``named``
    those that the command is about, ``joined`` the records of other work that is finished along with it.
    """

    concerned: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    joined: tuple[Found, ...] = ()

    @property
    def own(self) -> tuple[str, ...]:
        """Return the folders that must be right for the command to have done what it promises."""
        return tuple(dict.fromkeys((*self.concerned, *self.named)))

    @property
    def paths(self) -> tuple[str, ...]:
        """Return all folders to build."""
        return tuple(dict.fromkeys((*self.own, *_paths_of(self.joined))))


class _Change:
    """One change under way: commit, build, look, and what follows the answer."""

    def __init__(self, project: Project, step: Step | TellingStep[Any], wish: Wish, attempt: Attempt[Any]) -> None:
        self._project = project
        self._step, self._wish, self._attempt = step, wish, attempt
        self._pending = Announcement(project)
        self._work = _Work()
        self._what = wish.what
        self._extra: Any = None
        self._replaced: set[str] = set()
        self._ends_cards = False

    def carry_out(self) -> Changed[Any]:
        """Do all of it. Raises what ``change`` raises."""
        try:
            now = self._project.now()
            self._pending = Announcement(self._project, self._attempt.draft(self._project.who, self._wish.what, now))
            if _begins_a_day(self._attempt.catalog, now):
                thin_history(self._project, now)
            catalog = self._commit(now)
            built = self._make_public(catalog)
        except BaseException:
            self._pending.give_up()
            raise
        self._tell()
        self._project.outcome.after_answer(self._close_records)
        records = tuple(one.info.key for one in self._work.joined)
        return Changed(catalog, self._work.concerned, built, self._extra, records)

    # ---- the commit

    def _commit(self, now: datetime) -> Catalog:
        drawn = cover_drawer(self._project)
        try:
            return self._project.ledger.commit(
                lambda before: self._next(before, now, drawn),
                who=self._project.who,
                what=lambda: self._what,
                at=now,
            )
        except StorageError:
            raise  # the catalog may have been replaced: the record stays for the next writing command
        except PitchcastError:
            self._pending.delete()
            self._carry_out_what_is_due()
            raise

    def _next(self, before: Catalog | None, now: datetime, drawn: Callable[[Catalog], Catalog]) -> Catalog:
        """Return the catalog that follows on *before*, its record written; the same one where nothing is to change."""
        completes = self._is_carried_out(before)
        if before is None:  # nobody but who starts a show may go on
            due, after = None, existing(self._wish.first)
        elif completes:
            due = after = before
        else:
            due = settle(before, now, gone=gone_after(self._project))
            after, self._extra = _apart(self._step(due))
        own, settled = after is not due, due is not before
        if after is not before:
            after = drawn(after)
        self._work = self._work_on(before, after, completes=completes)
        cancelled = self._to_cancel(before, now)
        must_commit = after is not before or cancelled or self._to_fence(before)
        if not must_commit:
            return after

        self._what = self._said(own=own, settled=settled)
        self._ends_cards = before is not None and not card_names(before) <= card_names(after)
        _check_some(self._project, after, self._work.concerned)
        if self._work.paths:
            self._announce(base=before.revision if before else 0)
        intents = [*cancelled]
        if own:
            intents += self._intent(before, now)
        if intents:
            return with_intents(after, intents, now)
        return msgspec.structs.replace(after)  # a new object, so that the ledger commits it

    def _said(self, *, own: bool, settled: bool) -> str:
        """Return what the history says of this commit: of the command's *own* change, of overdue work, of both."""
        parts = [self._wish.what] if own else []
        if settled:
            parts.append(SETTLED)
        return "; ".join(filter(None, parts)) or GIVEN_UP

    def _carry_out_what_is_due(self) -> None:
        """Make true what a refusal may rest on: that a feed has expired. What fails there fails the next command."""
        if self._wish.what != SETTLED:
            with suppress(StorageError):
                keep_up(self._project)

    def _is_carried_out(self, before: Catalog | None) -> bool:
        """Return whether the catalog has this intent already. Raises StorageUnavailable where it was given up."""
        found = self._attempt.carried_out(before, self._project)
        if found is None:
            return False
        if found.cancelled:
            raise StorageUnavailable(
                "this command had shown no sign of life for half an hour, so another one gave it up",
                hint="Run it again.",
            )
        self._pending.stand_for(found.id)  # or a record of an intent that nobody wants any more would be left
        return True

    def _work_on(self, before: Catalog | None, after: Catalog, *, completes: bool) -> _Work:
        """Return what is to be built; *completes*: an interrupted run has committed the step already."""
        concerned = _to_build(before, after, build_new=self._wish.build_new) if after is not before else ()
        left_over = self._left_over()
        named = tuple(dict.fromkeys((*left_over, *self._wish.names(after))))
        return _Work(
            concerned=concerned,
            closing=named if completes else (*closing_paths(before, after, concerned), *left_over),
            named=named,
            joined=self._to_join(before, (*concerned, *named)),
        )

    def _announce(self, *, base: int = 0) -> None:
        """Write down what is about to be built, in the place of what ended runs had written: it is all said again."""
        records = (*self._attempt.earlier, *self._attempt.void, *self._work.joined)
        remaining = (one for one in records if one.info.key not in self._replaced)
        again = [one for one in remaining if self._says_again(one)]
        self._replaced.update(one.info.key for one in again)
        self._pending.put(self._work.paths, base=base, instead_of=[one.info.key for one in again])

    def _says_again(self, found: Found) -> bool:
        """Return whether this command's own record says all that another one did, whose process has surely ended.

        Not of another command: that must find its own record when it is typed again.
        """
        own = self._attempt.command is not None and found.record.command == self._attempt.command.digest
        return found.is_surely_over and (own or not found.record.intent)

    def _left_over(self) -> list[str]:
        """Return the folders that earlier runs of the command had begun to build, also of what is void by now."""
        return _paths_of((*self._attempt.earlier, *self._attempt.void))

    def _intent(self, before: Catalog | None, now: datetime) -> Sequence[Intent]:
        if self._attempt.command is None:
            return ()
        began = self._attempt.earlier[0].record.at if self._attempt.earlier else now
        if now - began > INTENTS_KEPT:
            raise StorageUnavailable("this command was interrupted more than 30 days ago", hint="Run it again.")
        return [self._row(self._attempt.id, self._attempt.command.digest, self._project.who, before, now)]

    def _row(self, intent: str, command: str, who: str, before: Catalog | None, now: datetime) -> Intent:
        return Intent(id=intent, who=who, command=command, revision=before.revision + 1 if before else 1, at=now)

    # ---- other work that was cut off

    def _to_join(self, catalog: Catalog | None, concerned: Iterable[str]) -> tuple[Found, ...]:
        paths = None if self._wish.finishes_all else set(concerned)
        project, urgent = self._project, self._wish.takes_away
        return tuple(one for one in self._attempt.others if _is_to_finish(one, catalog, project, paths, urgent=urgent))

    def _to_cancel(self, catalog: Catalog | None, now: datetime) -> list[Intent]:
        """Return intents that nobody carried out for half an hour: from now on nobody can any more."""
        if catalog is None:
            return []
        old = [one.record for one in self._attempt.others if one.is_old]
        records = {record.intent: record for record in old if record.intent}
        waiting = [record for intent, record in records.items() if find_intent(catalog, intent) is None]
        rows = [self._row(record.intent, record.command, record.who, catalog, now) for record in waiting]
        return [msgspec.structs.replace(row, cancelled=True) for row in rows]

    def _to_fence(self, catalog: Catalog | None) -> bool:
        """Return whether an old record without an intent announces a commit on this very revision.

        Only an older pitchcast, or a damaged record, says so little; the catalog must move past such a commit.
        """
        if catalog is None:
            return False
        old = [one.record for one in self._attempt.others if one.is_old]
        return any(record.base == catalog.revision for record in old if not record.intent)

    # ---- the build

    def _make_public(self, catalog: Catalog) -> Built:
        """Make the folders right. Raises the error of one of the command's own; others' are told as notes."""
        _put_what_was_pruned(self._project, self._wish.sources)
        if not self._work.paths:
            if self._ends_cards:  # else the build does it: an episode that no feed shows is in no folder
                delete_old_cards(self._project.bucket, catalog)
            return Built()
        undisturbed = not (self._work.concerned or self._work.joined or self._left_over())
        if undisturbed and self._is_right(catalog):
            return Built(feeds=len(self._work.paths))
        folders: dict[str, FolderDone] = {}

        def tell(folder: FolderDone) -> None:
            folders[folder.path] = folder
            self._project.report(folder)

        try:
            if not self._pending.paths:
                self._announce()
            built = build_feeds(
                self._project,
                self._work.paths,
                keep=self._pending.keep,
                tell=tell,
            )
            self._raise_own(folders)
            close_left(self._project, catalog, self._closing())
            if self._wish.takes_away:
                withdrawn = {path: folder.withdrawn for path, folder in folders.items() if folder.withdrawn}
                self._project.outcome.notes += check_taken_away(self._project, self._work.own, withdrawn)
        except PitchcastError as error:
            raise _unfinished(error) from error
        return built

    def _is_right(self, catalog: Catalog) -> bool:
        """Return whether the folders that the command names are what the catalog says, so that nothing need be done."""
        put_show_pictures(self._project, catalog)
        looked: list[FolderDone] = []
        planned = build_feeds(self._project.as_dry_run(), self._work.paths, tell=looked.append)
        is_right = not (planned.put or planned.copied or planned.deleted or any(folder.error for folder in looked))
        for folder in looked if is_right else ():
            self._project.report(folder)
        return is_right

    def _raise_own(self, folders: Mapping[str, FolderDone]) -> None:
        """Raise the error of a folder that the command is about; other work that is stuck is told, and left."""
        errors = {path: folder.error for path, folder in folders.items() if folder.error}
        own = set(self._work.own)
        for path, error in errors.items():
            if path in own:
                raise error
        stuck = [one for one in self._work.joined if not errors.keys().isdisjoint(one.record.paths)]
        for one in stuck:
            self._project.outcome.notes.append(f"could not finish {one.record.what or 'an interrupted build'}")
        joined = tuple(one for one in self._work.joined if one not in stuck)
        self._work = replace(self._work, joined=joined)

    def _closing(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._work.closing, *_paths_of(self._work.joined))))

    # ---- what is told, and what follows

    def _tell(self) -> None:
        outcome = self._project.outcome
        if self._attempt.resumes:
            outcome.resumed = self._attempt.interrupted
        unfinished = (one.record for one in self._work.joined if one.record.state == "open")
        outcome.finished += [told_of(record) for record in unfinished if record.name]

    def _close_records(self) -> None:
        """Mark or delete the records of what is finished: the last thing, after the answer."""
        for one in (*self._attempt.earlier, *self._attempt.void):
            self._close(one, "acknowledged")
        catalog = self._project.ledger.load().catalog if self._work.joined else None
        for one in self._work.joined:
            self._close(one, "acknowledged" if self._wish.finishes_all else _state_after(one, catalog))
        lapsed = [one.info.key for one in self._attempt.others if self._is_over(one)]
        if lapsed:
            self._project.bucket.delete(lapsed)
        self._pending.delete()

    def _is_over(self, found: Found) -> bool:
        """Return whether a receipt has lain for long enough, or all are read now."""
        return found.has_lapsed or (self._wish.finishes_all and found.record.state == "receipt")

    def _close(self, found: Found, state: State) -> None:
        """Mark a record. An old one goes where nothing more is to be told: its owner, if it wakes, writes a new one."""
        if found.info.key in self._replaced:
            return
        if found.is_old and state == "acknowledged":
            self._project.bucket.delete([found.info.key])
        elif state != found.record.state:
            mark(self._project, found, state)


def _paths_of(records: Iterable[Found]) -> list[str]:
    """Return the folders that records name, in their order."""
    paths: list[str] = []
    for one in records:
        paths += one.record.paths
    return paths


def _state_after(found: Found, catalog: Catalog | None) -> State:
    """Return the state of other work that was finished along with a command."""
    record = found.record
    intent = find_intent(catalog, record.intent) if catalog and record.intent else None
    nobody_asks = intent is None or intent.cancelled or record.state == "acknowledged"
    if nobody_asks:
        return "acknowledged"
    return "receipt" if found.is_old else "done"


def _is_to_finish(
    found: Found, catalog: Catalog | None, project: Project, concerned: Set[str] | None, *, urgent: bool
) -> bool:
    """Return whether a command finishes this other work too.

    What is half an hour old is always finished, or given up where it was never committed. Younger work is where its
    process died: the same writer's, and anybody's that concerns folders of this command (None: any folder). An *urgent*
    command takes away, and does not trust that a process which cannot be seen from here still runs.
    """
    record = found.record
    if record.state == "receipt":
        return False
    if found.is_old:
        return True
    if record.state != "open" or not is_committed(record, catalog):
        return False
    touches = concerned is None or not concerned.isdisjoint(record.paths)
    if not found.is_alive:
        return touches or project.is_own(record.who)
    return urgent and concerned is not None and touches


def _begins_a_day(catalog: Catalog | None, now: datetime) -> bool:
    """Return whether this is the first writing command of the day, by the storage's clock."""
    return catalog is not None and catalog.saved.at.date() < now.date()


def _unfinished(error: PitchcastError) -> PitchcastError:
    """Return the error for what went wrong once the catalog was replaced: of the same kind, and saying so."""
    again = "Run the same command again: it completes the rest."
    may_help = error.exit_code == StorageUnavailable.exit_code
    hint = again if may_help else f"{error.hint} Then run the same command again.".strip()
    return type(error)(f"the change is made, but not everything public is right yet: {error.message}", hint=hint)


def _put_what_was_pruned(project: Project, sources: Mapping[str, bytes | Path]) -> None:
    for key, body in sources.items():
        try:
            project.bucket.head(key)
        except ObjectMissing:
            project.bucket.put(key, body, headers_of(key))


def _to_build(before: Catalog | None, after: Catalog, *, build_new: bool) -> tuple[str, ...]:
    paths = concerned_paths(before, after)
    if build_new:
        return tuple(paths)
    known = {feed.id for feed in before.feeds} if before else set()
    new = (feed for feed in after.feeds if feed.id not in known)
    later = {feed.path for feed in new if not feed.releases}
    return tuple(path for path in paths if path not in later)


def _check_some(project: Project, catalog: Catalog, paths: tuple[str, ...]) -> None:
    """Render a few of the feeds concerned, so that a feed that apps would reject stops the change beforehand."""
    contents = Contents(catalog)
    for content in filter(None, map(contents.at, paths[:_CHECKED_BEFORE_COMMIT])):
        render_folder(content, project.assets)
