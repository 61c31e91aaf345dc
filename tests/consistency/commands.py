"""A model of one writing command that may be interrupted and run again, request by request.

A process carries out one command. Each of its requests is a small function here; a request is atomic, and anything may
happen between two. The people who type commands, and the faults, are in ``intents.py``; commit and build by themselves
are tried in ``protocol.py``.

The catalog of the model has one prospect: the folder of its feed and the releases in it. A *fact* is what a command
decides once: the release to take back or to publish, the folder to retire.
"""

from collections.abc import Callable
from enum import IntEnum, auto
from typing import NamedTuple

RULES = {
    "ids_kept": "the catalog keeps the ids of intents, and who completes or loses a race looks for the id there",
    "facts_kept": "facts are decided once: a lost race and a completion do the same facts again",
    "same_completed": "the same command of the same writer, not yet acknowledged, is completed under its id",
    "since_read": "such an intent that was committed since this process first read the catalog is completed too",
    "void_anew": "an intent that was not committed and has nothing left to do is void: the command runs anew",
    "cancelled_void": "a record of the same command whose intent was cancelled is void too",
    "void_built": "the folders of a void record are built too",
    "read_first": "a command reads the catalog and decides its facts before it lists the records",
    "named_built": "a command builds the folders it names also where its step changes nothing",
    "mend_recorded": "who finds a named folder wrong writes its record first, then lists the folder again",
    "answer_first": "the owner deletes its record only after the answer was given",
    "young_kept": "nobody but the owner deletes a record that is not old",
    "receipt_kept": "of an old record that was finished by another command a receipt stays",
    "acknowledged": "who completes the same command marks its records acknowledged after the answer",
    "own_joined": "folders of committed records of one's own writer whose process gives no sign of life are built too",
    "old_joined": "folders of old committed records, whoever wrote them, are built too",
    "named_joined": "folders of another's committed record that concerns a named folder are built too",
    "own_step_first": "one's own step is committed before the folders of other records are built",
    "old_cancelled": "an old record that was not committed is cancelled in the catalog before it is deleted",
    "cancelled_built": "the folders of a cancelled record are built too",
    "young_left": "a record that is neither old nor committed is left alone",
    "line_own": "nobody commits the intent of another command line",
    "cancelled_ends": "a process that finds its intent cancelled ends and asks to be run again",
    "old_built_again": "done and acknowledged records are built once more when they are old",
    "completion_recorded": "who finishes the work of others writes a record of its own, like everybody who builds",
    "folders_recorded": "after a lost race that changes the folders the record is written again before the commit",
    "overslept": "a process whose record is old writes it anew and starts building over",
    "key_per_writing": "each writing of a record has a key of its own",
}
ALL = frozenset(RULES)
Rules = frozenset[str]


class Entry(NamedTuple):
    """An intent that the catalog knows: it was committed, or *cancelled* so that it never can be."""

    intent: str
    writer: str
    command: str
    fact: str
    cancelled: bool = False


class Release(NamedTuple):
    """One act of publishing, and who did it."""

    name: str
    writer: str


class Catalog(NamedTuple):
    """What exists: *releases* in the feed at *path* ("" once the prospect is removed), and the intents so far.

    Each commit adds an entry, so that no two revisions are equal.
    """

    path: str
    releases: tuple[Release, ...]
    entries: tuple[Entry, ...] = ()

    def entry(self, intent: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.intent == intent), None)

    def wanted(self, path: str) -> frozenset[str]:
        """Return the releases that the folder at *path* should serve: none in a retired one."""
        return frozenset(release.name for release in self.releases) if path == self.path else frozenset()


class Folder(NamedTuple):
    """What lies under one path: audio, and the releases that the feed names."""

    audio: frozenset[str] = frozenset()
    feed: frozenset[str] = frozenset()


class Mark(IntEnum):
    """What a record says of its intent's completion."""

    OPEN = auto()
    DONE = auto()
    RECEIPT = auto()
    ACKNOWLEDGED = auto()


class Age(IntEnum):
    """How long ago a record was written, or whether its process still gives a sign of life.

    A process on the same computer holds a lock, another one renews a heartbeat each minute.
    """

    YOUNG = auto()
    SILENT = auto()
    OLD = auto()


class Record(NamedTuple):
    """A pending record. *process* and *writing* are its key."""

    process: str
    writing: int
    intent: str
    writer: str
    command: str
    fact: str
    folders: frozenset[str]
    mark: Mark = Mark.OPEN
    age: Age = Age.YOUNG

    @property
    def key(self) -> tuple[str, int]:
        return self.process, self.writing


class World(NamedTuple):
    """Everything in storage. ``folders`` are sorted pairs, so that equal worlds are equal."""

    catalog: Catalog
    folders: tuple[tuple[str, Folder], ...]
    records: frozenset[Record] = frozenset()

    def folder(self, path: str) -> Folder:
        return dict(self.folders).get(path, Folder())

    def with_folder(self, path: str, folder: Folder) -> "World":
        return self._replace(folders=tuple(sorted({**dict(self.folders), path: folder}.items())))

    def with_record(self, record: Record) -> "World":
        return self.without_record(record)._replace(records=self.without_record(record).records | {record})

    def without_record(self, record: Record) -> "World":
        others = frozenset(other for other in self.records if other.key != record.key)
        return self._replace(records=others)


class Do(IntEnum):
    """The next request of a process."""

    READ = auto()
    RECORDS = auto()
    CHECK = auto()
    CHECK_CATALOG = auto()
    VOID = auto()
    ANNOUNCE = auto()
    COMMIT = auto()
    CANCEL = auto()
    LIST = auto()
    LOAD = auto()
    REMOVE = auto()
    COPY = auto()
    FEED = auto()
    LOOK = auto()
    ANSWER = auto()
    SETTLE = auto()
    FORGET = auto()
    END = auto()


BUILDING = frozenset({Do.LIST, Do.LOAD, Do.REMOVE, Do.COPY, Do.FEED, Do.LOOK})


class Process(NamedTuple):
    """One running command: what it does next, and what it remembers.

    *began* counts the entries of the first catalog that it read. *same* are the records of the same command that it
    completes, *joined* those of other commands whose folders it builds, *stale* those of them that it must cancel,
    *owed* the folders of void records. *commits_later* is true while it builds before its commit, which only a rule
    left out allows. *late* is true once its own record is old. *answer* is "done", "resumed", "nothing", or "again"
    for exit code 4.
    """

    name: str
    writer: str
    command: str
    do: Do = Do.READ
    began: int = -1
    seen: Catalog | None = None
    intent: str = ""
    fact: str = ""
    same: frozenset[Record] = frozenset()
    joined: frozenset[Record] = frozenset()
    stale: frozenset[Record] = frozenset()
    owed: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    listed: tuple[tuple[str, Folder], ...] = ()
    start_over: bool = False
    commits_later: bool = False
    writings: int = 0
    late: bool = False
    answer: str = ""

    @property
    def catalog(self) -> Catalog:
        """The catalog as it was last read."""
        assert self.seen is not None
        return self.seen


Moved = tuple[World, Process]


def first_request(rules: Rules) -> Do:
    return Do.READ if "read_first" in rules else Do.RECORDS


def step(world: World, p: Process, rules: Rules) -> Moved:
    """Carry out the next request of *p*; return storage and the process after it."""
    overslept = p.late and p.do in BUILDING
    if overslept and "overslept" in rules:
        return _write_record(world, p._replace(do=Do.LIST, start_over=False), rules)
    return REQUESTS[p.do](world, p, rules)


# What each command does to the catalog


def decide(command: str, writer: str, catalog: Catalog) -> str:
    """Return the fact of a command, "" where there is nothing for it to do."""
    if command == "undo":
        own = [release.name for release in catalog.releases if release.writer == writer]
        return own[-1] if own else ""
    if command in ("rotate", "remove"):
        return catalog.path
    return command.partition("publish ")[2]


def carry_out(catalog: Catalog, entry: Entry) -> Catalog | None:
    """Return the catalog after the step of *entry*; None where it changes nothing."""
    names = [release.name for release in catalog.releases]
    if entry.command == "undo" and entry.fact in names:
        left = tuple(release for release in catalog.releases if release.name != entry.fact)
        return catalog._replace(releases=left, entries=(*catalog.entries, entry))
    if entry.command == f"publish {entry.fact}" and catalog.path and entry.fact not in names:
        more = (*catalog.releases, Release(entry.fact, entry.writer))
        return catalog._replace(releases=more, entries=(*catalog.entries, entry))
    is_there = bool(catalog.path) and catalog.path == entry.fact
    if entry.command == "rotate" and is_there:
        return catalog._replace(path=new_folder(entry.intent), entries=(*catalog.entries, entry))
    if entry.command == "remove" and is_there:
        return catalog._replace(path="", releases=(), entries=(*catalog.entries, entry))
    return None


def new_folder(intent: str) -> str:
    """Return the folder that a rotation leads to: drawn once, so it belongs to the intent."""
    return f"new of {intent}"


def named_folders(catalog: Catalog, command: str, fact: str, intent: str) -> frozenset[str]:
    """Return the folders that a command names: the feed of today, and those that its facts name."""
    if command == "heal":
        return frozenset()
    named = {catalog.path}
    if command in ("rotate", "remove"):
        named.add(fact)
    if command == "rotate" and fact:
        named.add(new_folder(intent))
    return frozenset(named - {""})


def _own_entry(p: Process) -> Entry:
    return Entry(p.intent, p.writer, p.command, p.fact)


def _known(catalog: Catalog, intent: str, rules: Rules) -> Entry | None:
    return catalog.entry(intent) if "ids_kept" in rules else None


def _is_committed(catalog: Catalog, intent: str, rules: Rules) -> bool:
    entry = _known(catalog, intent, rules)
    return entry is not None and not entry.cancelled


def _is_cancelled(catalog: Catalog, intent: str, rules: Rules) -> bool:
    entry = _known(catalog, intent, rules)
    return entry is not None and entry.cancelled


# Reading, and what the records say


def _read(world: World, p: Process, rules: Rules) -> Moved:
    """Read the catalog and decide the facts."""
    began = len(world.catalog.entries) if p.began < 0 else p.began
    fact = decide(p.command, p.writer, world.catalog)
    p = p._replace(seen=world.catalog, began=began, intent=p.name, fact=fact)
    if (done := _committed_since(world.catalog, p, rules)) is not None:
        return world, _completing(p, done)
    if "read_first" in rules:
        return world, p._replace(do=Do.RECORDS)
    return world, _after_records(p, p.same, rules)


def _committed_since(catalog: Catalog, p: Process, rules: Rules) -> Entry | None:
    """Return what another process of the same command has committed since this one first read the catalog."""
    if "since_read" not in rules:
        return None
    for entry in catalog.entries[p.began :]:
        is_same = (entry.writer, entry.command) == (p.writer, p.command)
        if is_same and not entry.cancelled and entry.intent != p.intent:
            return entry
    return None


def _completing(p: Process, done: Entry) -> Process:
    """Go on as the completer of an intent that is committed; the own one is given up."""
    folders = p.folders | named_folders(p.catalog, p.command, done.fact, done.intent)
    return p._replace(
        intent=done.intent, fact=done.fact, folders=folders, same=frozenset(), answer="resumed", do=Do.ANNOUNCE
    )


def _list_records(world: World, p: Process, rules: Rules) -> Moved:
    """List the records of other processes."""
    records = frozenset(record for record in world.records if record.process != p.name)
    if p.seen is None:
        return world, p._replace(same=records, do=Do.READ)  # what they are is seen once the catalog is read
    return world, _after_records(p, records, rules)


def _after_records(p: Process, records: frozenset[Record], rules: Rules) -> Process:
    """Return *p* after it chose which records to complete, to join and to cancel, with its next request."""
    p = p._replace(same=frozenset(), joined=frozenset(), stale=frozenset())
    unacknowledged = [record for record in sorted(records) if _is_same(record, p, rules)]
    if unacknowledged:
        chosen = unacknowledged[0]
        same = frozenset(record for record in unacknowledged if record.intent == chosen.intent)
        fact = chosen.fact if "facts_kept" in rules else p.fact
        p = p._replace(same=same, intent=chosen.intent, fact=fact, answer="resumed")
    for record in sorted(records - p.same):
        p = _sort_in(record, p, rules)
    return _after_choice(p, rules)


def _is_same(record: Record, p: Process, rules: Rules) -> bool:
    """Return whether *record* is of the same command and its answer was not yet acknowledged."""
    if "same_completed" not in rules or record.mark is Mark.ACKNOWLEDGED:
        return False
    if "cancelled_void" not in rules and _is_cancelled(p.catalog, record.intent, rules):
        return False
    return (record.writer, record.command) == (p.writer, p.command)


def _sort_in(record: Record, p: Process, rules: Rules) -> Process:
    """Return *p* with *record* among those to join or to cancel; as it was where the record is left alone."""
    is_old = record.age is Age.OLD
    with_folders = p._replace(joined=p.joined | {record})
    if record.mark is Mark.RECEIPT:
        return p
    if record.mark is not Mark.OPEN:
        return with_folders if is_old and "old_built_again" in rules else p
    if _is_committed(p.catalog, record.intent, rules):
        return with_folders if _is_joined(record, p, rules) else p
    if is_old or "young_left" not in rules:
        return with_folders._replace(stale=p.stale | {record})
    return p


def _is_joined(record: Record, p: Process, rules: Rules) -> bool:
    """Return whether the folders of a committed record join this command's build."""
    if record.age is Age.OLD:
        return "old_joined" in rules
    if record.writer == p.writer:
        return record.age is Age.SILENT and "own_joined" in rules
    named = named_folders(p.catalog, p.command, p.fact, p.intent)
    return "named_joined" in rules and bool(named & record.folders)


def _after_choice(p: Process, rules: Rules) -> Process:
    """Return *p* with its next request, now that it knows the catalog and the records."""
    folders = named_folders(p.catalog, p.command, p.fact, p.intent) | p.owed
    p = p._replace(folders=folders.union(*(record.folders for record in p.joined | p.same)))
    changes = carry_out(p.catalog, _own_entry(p)) is not None
    if _is_committed(p.catalog, p.intent, rules):
        return p._replace(do=Do.ANNOUNCE)
    is_void = not changes or _is_cancelled(p.catalog, p.intent, rules)
    if p.same and is_void and "void_anew" in rules:
        return p._replace(do=Do.VOID)
    if changes or p.joined or p.same:
        return p._replace(do=Do.ANNOUNCE)
    p = p._replace(answer="done" if p.fact else "nothing")
    if p.folders and "named_built" in rules:
        return p._replace(do=Do.CHECK)
    return p._replace(do=Do.ANSWER)


def _check_folders(world: World, p: Process, rules: Rules) -> Moved:
    """List the named folders of a command that changes nothing."""
    return world, p._replace(listed=_listing(world, p), do=Do.CHECK_CATALOG)


def _check_catalog(world: World, p: Process, rules: Rules) -> Moved:
    """Load the catalog; answer without any record where the folders are right."""
    if _is_right(p.listed, world.catalog) and world.catalog == p.catalog:
        return world, p._replace(listed=(), do=Do.ANSWER)
    if "mend_recorded" in rules:
        return world, p._replace(listed=(), do=Do.ANNOUNCE)
    return world, _next_of_build(p._replace(seen=world.catalog), Do.REMOVE)


def _void(world: World, p: Process, rules: Rules) -> Moved:
    """Acknowledge an intent that has nothing left to do, and run anew."""
    owed = p.owed
    for record in p.same:
        world = _mark(world, record, Mark.ACKNOWLEDGED)
        if "void_built" in rules:
            owed |= record.folders
    return world, p._replace(same=frozenset(), owed=owed, answer="", do=Do.READ)


# Announce and commit


def _announce(world: World, p: Process, rules: Rules) -> Moved:
    """Write the record, before anything is changed."""
    has_own_step = p.intent == p.name and p.command != "heal"
    if has_own_step or "completion_recorded" in rules:
        world, p = _write_record(world, p, rules)
    if p.joined and "own_step_first" not in rules:
        return world, p._replace(commits_later=True, do=Do.LIST)
    return world, _next_of_commit(p, rules)


def _write_record(world: World, p: Process, rules: Rules) -> Moved:
    writing = p.writings if "key_per_writing" in rules else 0
    record = Record(p.name, writing, p.intent, p.writer, p.command, p.fact, p.folders)
    return world.with_record(record), p._replace(writings=p.writings + 1, late=False)


def _next_of_commit(p: Process, rules: Rules) -> Process:
    """Return *p* about to commit, to cancel or to build: requests that would change nothing are not made."""
    if not _is_committed(p.catalog, p.intent, rules) and carry_out(p.catalog, _own_entry(p)) is not None:
        return p._replace(do=Do.COMMIT)
    return _to_build(p)


def _to_build(p: Process) -> Process:
    answer = p.answer or ("done" if p.fact else "nothing")
    return p._replace(answer=answer, do=Do.CANCEL if p.stale else Do.LIST)


def _commit(world: World, p: Process, rules: Rules) -> Moved:
    """Replace the catalog, only over the revision that was read."""
    if world.catalog != p.catalog:
        return world, _lost_race(world.catalog, p, rules)
    after = carry_out(p.catalog, _own_entry(p))
    assert after is not None
    return world._replace(catalog=after), _to_build(p._replace(seen=after))


def _lost_race(catalog: Catalog, p: Process, rules: Rules) -> Process:
    """Return *p* after it looked for its intent in the newer catalog."""
    p = p._replace(seen=catalog)
    if _is_committed(catalog, p.intent, rules):
        return _to_build(p)
    if _is_cancelled(catalog, p.intent, rules) and "cancelled_ends" in rules:
        return p._replace(answer="again", do=Do.ANSWER)
    if (done := _committed_since(catalog, p, rules)) is not None:
        return _completing(p, done)
    if "facts_kept" not in rules:
        p = p._replace(fact=decide(p.command, p.writer, catalog))
    changes = carry_out(catalog, _own_entry(p)) is not None
    if p.same and not changes and "void_anew" in rules:
        return p._replace(do=Do.VOID)
    folders = p.folders | named_folders(catalog, p.command, p.fact, p.intent)
    if folders != p.folders and "folders_recorded" in rules:
        return p._replace(folders=folders, do=Do.ANNOUNCE)
    return _next_of_commit(p, rules)


def _cancel(world: World, p: Process, rules: Rules) -> Moved:
    """Make sure that what was not committed and is old never will be: an unchanged commit under its id.

    It is read and replaced at once here: a lost race would only do the same again.
    """
    catalog = world.catalog
    for record in sorted(p.stale):
        if "old_cancelled" in rules and _known(catalog, record.intent, rules) is None:
            catalog = _without_intent(catalog, record, rules)
    folders = p.folders if "cancelled_built" in rules else _folders_without_cancelled(p, catalog)
    return world._replace(catalog=catalog), p._replace(seen=catalog, folders=folders, do=Do.LIST)


def _without_intent(catalog: Catalog, record: Record, rules: Rules) -> Catalog:
    entry = Entry(record.intent, record.writer, record.command, record.fact)
    if "line_own" not in rules and (committed := carry_out(catalog, entry)) is not None:
        return committed
    return catalog._replace(entries=(*catalog.entries, entry._replace(cancelled=True)))


def _folders_without_cancelled(p: Process, catalog: Catalog) -> frozenset[str]:
    cancelled = {record for record in p.stale if (entry := catalog.entry(record.intent)) and entry.cancelled}
    named = named_folders(catalog, p.command, p.fact, p.intent)
    return named.union(*(record.folders for record in (p.joined | p.same) - cancelled))


# Build


def _listing(world: World, p: Process) -> tuple[tuple[str, Folder], ...]:
    return tuple((path, world.folder(path)) for path in sorted(p.folders))


def _is_right(listed: tuple[tuple[str, Folder], ...], catalog: Catalog) -> bool:
    return all(folder == Folder(catalog.wanted(path), catalog.wanted(path)) for path, folder in listed)


def _list(world: World, p: Process, rules: Rules) -> Moved:
    return world, p._replace(listed=_listing(world, p), do=Do.LOAD)


def _load(world: World, p: Process, rules: Rules) -> Moved:
    return world, _next_of_build(p._replace(seen=world.catalog), Do.REMOVE)


def _next_of_build(p: Process, first: Do) -> Process:
    """Return *p* with the next request of its build, *first* or later, that has something to do."""
    wanted = [(folder, p.catalog.wanted(path)) for path, folder in p.listed]
    if first <= Do.REMOVE and any(folder.audio - names for folder, names in wanted):
        return p._replace(do=Do.REMOVE)
    if first <= Do.COPY and any(names - folder.audio for folder, names in wanted):
        return p._replace(do=Do.COPY)
    if first <= Do.FEED and any(names != folder.feed for folder, names in wanted):
        return p._replace(do=Do.FEED)
    return p._replace(listed=(), do=Do.LOOK)


def _remove(world: World, p: Process, rules: Rules) -> Moved:
    for path, listed in p.listed:
        folder = world.folder(path)
        surplus = listed.audio - p.catalog.wanted(path)
        world = world.with_folder(path, folder._replace(audio=folder.audio - surplus))
    return world, _next_of_build(p, Do.COPY)


def _copy(world: World, p: Process, rules: Rules) -> Moved:
    for path, listed in p.listed:
        folder = world.folder(path)
        missing = p.catalog.wanted(path) - listed.audio
        world = world.with_folder(path, folder._replace(audio=folder.audio | missing))
    return world, _next_of_build(p, Do.FEED)


def _feed(world: World, p: Process, rules: Rules) -> Moved:
    """Write the feeds that are wrong, each only over the version that was listed."""
    for path, listed in p.listed:
        folder, wanted = world.folder(path), p.catalog.wanted(path)
        if wanted == listed.feed:
            continue
        if folder.feed == listed.feed:
            world = world.with_folder(path, folder._replace(feed=wanted))
        else:
            p = p._replace(start_over=True)
    return world, p._replace(listed=(), do=Do.LOOK)


def _look(world: World, p: Process, rules: Rules) -> Moved:
    """Look at the catalog again; start over where it moved on."""
    if world.catalog != p.catalog or p.start_over:
        return world, p._replace(start_over=False, do=Do.LIST)
    if p.commits_later:
        return world, _next_of_commit(p._replace(commits_later=False), rules)
    if "answer_first" in rules:
        return world, p._replace(do=Do.ANSWER)
    return world, _to_settle(p)


# Answer, and what becomes of the records


def _answer(world: World, p: Process, rules: Rules) -> Moved:
    """Give the answer; the person is in ``intents.py``."""
    if "answer_first" not in rules:
        return world, p._replace(do=Do.END)
    return world, _to_settle(p)


def _to_settle(p: Process) -> Process:
    has_finished_others = p.answer != "again" and bool(p.joined or p.same)
    if has_finished_others:
        return p._replace(do=Do.SETTLE)
    return p._replace(do=Do.FORGET)


def _settle(world: World, p: Process, rules: Rules) -> Moved:
    """Mark the records of others that this build has finished; old ones are deleted or become receipts."""
    for record in sorted(p.joined | p.same):
        world = _settle_one(world, record, p, rules)
    return world, p._replace(do=Do.FORGET)


def _settle_one(world: World, record: Record, p: Process, rules: Rules) -> World:
    is_old = record.age is Age.OLD
    if not is_old and "young_kept" not in rules:
        return world.without_record(record)
    if record in p.same:
        if "acknowledged" not in rules:
            return world
        return world.without_record(record) if is_old else _mark(world, record, Mark.ACKNOWLEDGED)
    if not is_old:
        return _mark(world, record, Mark.DONE)
    is_cancelled = record in p.stale and not _is_committed(world.catalog, record.intent, ALL)
    if record.mark is Mark.ACKNOWLEDGED or is_cancelled or "receipt_kept" not in rules:
        return world.without_record(record)
    return _mark(world, record, Mark.RECEIPT)


def _mark(world: World, record: Record, mark: Mark) -> World:
    """Write a record that was read with another mark, whatever became of it meanwhile."""
    current = next((other for other in world.records if other.key == record.key), record)
    return world.with_record(record._replace(mark=mark, age=current.age))


def _forget(world: World, p: Process, rules: Rules) -> Moved:
    """Delete one's own record, in all its writings."""
    others = frozenset(record for record in world.records if record.process != p.name)
    return world._replace(records=others), p._replace(do=Do.END if "answer_first" in rules else Do.ANSWER)


REQUESTS: dict[Do, Callable[[World, Process, Rules], Moved]] = {
    Do.READ: _read,
    Do.RECORDS: _list_records,
    Do.CHECK: _check_folders,
    Do.CHECK_CATALOG: _check_catalog,
    Do.VOID: _void,
    Do.ANNOUNCE: _announce,
    Do.COMMIT: _commit,
    Do.CANCEL: _cancel,
    Do.LIST: _list,
    Do.LOAD: _load,
    Do.REMOVE: _remove,
    Do.COPY: _copy,
    Do.FEED: _feed,
    Do.LOOK: _look,
    Do.ANSWER: _answer,
    Do.SETTLE: _settle,
    Do.FORGET: _forget,
}
