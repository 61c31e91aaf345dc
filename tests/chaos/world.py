"""One show through a storm: commands of several people, whatever goes wrong in them, and the rules that must hold.

The rules are those that the architecture promises: a feed names nothing that is not there, nothing committed is lost,
no retired address comes back, nobody's token or e-mail address lies in somebody else's folder, guids stay, and what is
under ``public/`` is what the catalog says as soon as the next writing command has healed.
"""

import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import NamedTuple, TypeVar, cast
from unittest.mock import patch

import msgspec

from pitchcast.errors import ObjectMissing, PitchcastError, ShowMoved, StorageUnavailable
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents, folders, shown_revision
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED, FeedContent, podcast_guid
from pitchcast.model.layout import PUBLIC, asset_key, headers_of, master_key
from pitchcast.model.show import Artwork
from pitchcast.model.steps.access import Chosen, replace_audio
from pitchcast.model.token import make_token
from pitchcast.production.beginning import new_catalog
from pitchcast.site import build as build_module
from pitchcast.site import change as change_module
from pitchcast.site import pending as pending_module
from pitchcast.site import render as rendering_module
from pitchcast.site.assets import Assets
from pitchcast.site.build import build_feeds
from pitchcast.site.change import SETTLED, Wish, change, keep_up, start_show
from pitchcast.site.folder import plan_folder
from pitchcast.site.former_places import showing_too_much
from pitchcast.site.pending import read_pending
from pitchcast.site.project import Project
from pitchcast.site.render import Renderer
from pitchcast.storage import copying as copying_module
from pitchcast.storage import ledger as ledger_module
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.connect import open_bucket
from pitchcast.storage.ledger import Ledger
from pitchcast.workflows import episodes, feeds, history
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import move as moving
from pitchcast.workflows import show as show_workflow
from pitchcast.workflows import undo as take_back
from tests.chaos.faults import Clock, Crash, Fault, Faulty
from tests.fixtures.projects import a_project, objects_left, publishing, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

PROSPECTS = ("Acme Corp <jo@acme.example>", "Umbrella <ida@umbrella.example>", "Initech <bill@initech.example>")
FEED_IDS = ("acme-corp", "umbrella", "initech", PUBLIC_FEED)
PEOPLE = ("dana@laptop", "sam@desk")
ADDRESSES = tuple(re.findall(r"<(.+)>", " ".join(PROSPECTS).replace("> ", ">\n")))
_BY_THE_WAY = (SETTLED, "finished an interrupted build")  # commits that a writing command makes before its own
_TAKING = ("undid",)  # commits that take releases away; removing takes people, bringing a revision back takes nothing
_SHOW_ID = "6d8f4e0a-95c1-4c43-8d2b-0f64a7b7a111"
_ENCLOSURE = re.compile(rb'<enclosure url="([^"]+)" length="(\d+)"')
_GUID = re.compile(rb"<guid[^>]*>([^<]+)</guid>")
_T = TypeVar("_T")
_REVISION = re.compile(rb'purpose="pitchcast-revision"[^>]*>([0-9a-f]+)<')


class Broken(AssertionError):
    """A rule did not hold."""


class Command(NamedTuple):
    """What somebody runs: ``name`` is a key of COMMANDS, ``number`` and ``whom`` say on what."""

    name: str
    who: int = 0
    number: int = 0
    whom: tuple[int, ...] = (0,)


@dataclass(slots=True)
class Figures:
    """What was tried, counted over all sequences."""

    sequences: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    revisions: int = 0
    checks: int = 0

    def __str__(self) -> str:
        """Return a table."""
        rows = (("commands", self.commands), ("outcomes", self.outcomes), ("faults", self.faults))
        lines = [f"{self.sequences} sequences, {self.requests} requests, {self.revisions} revisions"]
        for name, counted in rows:
            listed = ", ".join(f"{what} {count}" for what, count in counted.most_common())
            lines.append(f"{sum(counted.values()):7} {name}: {listed}")
        return "\n".join([*lines, f"{self.checks:7} checks of every rule, things lost: 0"])


class World:
    """A show on a real storage that has just been started, and everything that was seen of it since."""

    def __init__(self, storage: StorageUnderTest, figures: Figures, *, bucket: Bucket | None = None) -> None:
        self.figures = figures
        self.clock = Clock()
        self._home = storage
        self._places = 0
        self._real = storage.bucket
        self._bucket = bucket or storage.bucket
        self._project = a_project(storage, history_days=100_000)
        self._tokens = 0
        self._art_token = ""
        self._runs = 0
        self._seen = 0
        self._past: Catalog | None = None
        self._issued: set[str] = set()
        self._retired: set[str] = set()
        self._guids: dict[str, str] = {}
        self._feed_revisions: dict[str, int] = {}
        self._own_commits: Counter[str] = Counter()
        figures.sequences += 1
        self._start()

    # ---- what happens

    def run(self, command: Command, faults: tuple[Fault, ...] = (), meanwhile: Command | None = None) -> str:
        """Let somebody run a command and return how it ended: done, refused, failed or crashed."""
        others = (lambda: None) if meanwhile is None else lambda: cast(None, self.run(meanwhile))
        faulty = Faulty(self._bucket, self.clock, faults, meanwhile=others, wrote=self._check_written)
        project = self._as_somebody(command, faulty)
        try:
            COMMANDS[command.name](self, project, command)
            outcome = "done"
            self._check_words(" ".join(project.outcome.notes))
        except Crash:
            outcome = "crashed"
        except StorageUnavailable as error:
            outcome = "failed"
            self._check_words(f"{error.message} {error.hint}")
        except PitchcastError as error:
            outcome = "refused"
            self._check_words(f"{error.message} {error.hint}")
        self.clock.time += timedelta(seconds=1)
        self._count(command, outcome, faulty)
        self.catch_up()
        if outcome == "done" and meanwhile is None:
            self._check_folders({p.removeprefix(PUBLIC).strip("/") for p in faulty.listed if p.startswith(PUBLIC)})
        return outcome

    def move(self, who: int, faults: tuple[Fault, ...], *, at_target: bool) -> None:
        """Let somebody move the show to an empty folder beside this one, and run the same again where that failed.

        The *faults* happen at the new place or at the old one.
        """
        self._places += 1
        storage = replace(self._project.settings.storage, url=f"{self._home.url}-{self._places}")
        real = open_bucket(storage)
        command, outcome = Command("move", who), ""
        for attempt in (faults, ()):
            source = Faulty(self._real, self.clock, () if at_target else attempt, wrote=self._check_written)
            target = Faulty(real, self.clock, attempt if at_target else ())
            there = self._as_somebody(command, target)
            there = replace(there, settings=replace(there.settings, storage=storage), assets=Assets(real))
            with patch.object(moving, "open_project", lambda *_, there=there, **__: there):
                try:
                    moving.move(moving.plan_move(self._as_somebody(command, source), storage, {}), {})
                    outcome = "done"
                except Crash:
                    outcome = "crashed"
                except StorageUnavailable as error:
                    outcome = "failed"
                    self._check_words(f"{error.message} {error.hint}")
            self.clock.time += timedelta(seconds=1)
            self._count(command, outcome, target if at_target else source)
            if outcome == "done":
                break
        self._arrive(there, real, outcome)

    def _arrive(self, there: Project, real: Bucket, outcome: str) -> None:
        """Go on at the new place, if the move got there; at the old one nobody writes any more."""
        if outcome != "done":
            raise Broken("the same command did not complete the move")
        try:
            replace(self._project, ledger=Ledger(self._real, new_nonce=str)).catalog()
        except ShowMoved:
            self._real = self._bucket = real
        else:
            raise Broken("the old place does not say that the show has moved")
        self._project = replace(self._project, settings=there.settings, assets=there.assets)
        self.catch_up()
        self._check_left()

    def _check_left(self) -> None:
        """At the places that the show left, no retired address has audio, and nothing shows too much."""
        catalog = self._catalog()
        project = self._as_somebody(Command("build"), Faulty(self._real, self.clock))
        for place, _, keys in objects_left(project, catalog):
            retired = [key for key in keys if key.split("/")[1] in self._retired and key.endswith(".mp3")]
            if retired:
                raise Broken(f"a retired address still answers at {place.url}: {retired[:2]}")
        for place, _, paths in showing_too_much(project, catalog):
            raise Broken(f"{place.url} still shows what was taken away, in {[path[:4] for path in paths]}")

    def pass_time(self, hours: int) -> None:
        """Let hours pass."""
        self.clock.time += timedelta(hours=hours)

    def settle(self) -> None:
        """Let the next writing command heal, and check everything; then lose all that is public and build it anew."""
        self.clock.time += timedelta(minutes=31)
        project = self._as_somebody(Command("build"), Faulty(self._real, self.clock))
        keep_up(project)
        self.catch_up()
        if any(record.state != "receipt" for record in read_pending(project)):
            raise Broken("a build is still pending after healing")
        self._check_left()
        before = self._check_all()
        if before:
            self._real.delete(before)
        catalog = self._catalog()
        build_feeds(project, folders(catalog))
        after = self._public()
        kept = {key for content in self._contents(catalog) for key in content.kept}
        covers = f"{PUBLIC}{catalog.show.art_token}/"
        lost = {k for k in before if k not in after and not k.startswith(covers) and k.rpartition("/")[2] not in kept}
        if lost or any(after[key] != before[key] for key in before.keys() & after.keys()) or after.keys() - before:
            raise Broken(f"what is built anew from the catalog differs: {sorted(lost)[:3]}")

    def _start(self) -> None:
        """Start the show with a cover that nobody drew: drawing takes a second."""
        picture = b"\xff\xd8 a picture \xff\xd9"
        cover = Artwork(sha256=hashlib.sha256(picture).hexdigest(), extension="jpg", size_px=1400)
        project = self._as_somebody(Command("build"), Faulty(self._real, self.clock))
        first = new_catalog(project)
        first = msgspec.structs.replace(
            first, show=msgspec.structs.replace(first.show, id=_SHOW_ID, cover=cover, cover_drawn=False)
        )
        self._real.put(asset_key(cover), picture, headers_of(asset_key(cover)))
        self._art_token = first.show.art_token
        start_show(project, first)
        self.run(Command("publish", whom=(0, 1, 3)))

    def _as_somebody(self, command: Command, faulty: Faulty) -> Project:
        self._runs += 1
        run, numbers = self._runs, iter(range(1000))
        bucket = cast(Bucket, faulty)
        return replace(
            self._project,
            who=PEOPLE[command.who],
            bucket=bucket,
            ledger=Ledger(bucket, new_nonce=lambda: f"{run}-{next(numbers)}"),
            new_token=self._new_token,
        )

    def _new_token(self) -> str:
        """Return a token; every third one was given before, as if chance would have it."""
        self._tokens += 1
        token = make_token(hashlib.sha256(str(self._tokens - 2 * (self._tokens % 3 == 0)).encode()).digest())
        self._issued.add(token)
        return token

    def _count(self, command: Command, outcome: str, faulty: Faulty) -> None:
        self.figures.commands[command.name] += 1
        self.figures.outcomes[outcome] += 1
        self.figures.requests += faulty.requests
        self.figures.faults += faulty.injected

    # ---- what must hold of the catalog

    def catch_up(self) -> None:
        """Look at every revision that was committed since, one after another."""
        current = self._catalog()
        for number in range(self._seen + 1, current.revision + 1):
            self._check_commit(self._past, current if number == current.revision else self._revision(number))
        self._seen = current.revision

    def _revision(self, number: int) -> Catalog:
        try:
            return Ledger(self._real, new_nonce=str).revision(number)
        except ObjectMissing as error:
            raise Broken(f"history has a gap at {number}") from error

    def _check_commit(self, before: Catalog | None, after: Catalog) -> None:
        self.figures.revisions += 1
        self._past = after
        what = after.saved.what
        run = after.nonce.partition("-")[0]
        self._own_commits[run] += what not in _BY_THE_WAY
        if self._own_commits[run] > 1:
            raise Broken(f"“{what}” was committed twice")
        if before is not None:
            self._check_nothing_lost(before, after, what)
        active = {feed.path for feed in after.feeds if feed.state == "active"}
        if active & self._retired or len(active) < sum(f.state == "active" for f in after.feeds):
            raise Broken(f"“{what}” used an address again")
        gone = {feed.path for feed in before.feeds} - {feed.path for feed in after.feeds} if before else set()
        self._retired |= {*after.retired_paths, *(path for path in gone if len(path) == 26)}
        if not self._retired <= {*after.retired_paths, *(path for path in gone if len(path) == 26)}:
            raise Broken(f"“{what}” forgot a retired address")
        self._check_guids(after, what)

    def _check_nothing_lost(self, before: Catalog, after: Catalog, what: str) -> None:
        if after.revision != before.revision + 1:
            raise Broken(f"revision {after.revision} follows {before.revision}")
        releases = {r.number for r in before.releases} - {r.number for r in after.releases}
        allowed = what.startswith(_TAKING)
        if (releases and not allowed) or (what.startswith("undid") and len(releases) > 1):
            raise Broken(f"“{what}” lost the releases {sorted(releases)}")
        lost = {e.guid for e in before.episodes} - {e.guid for e in after.episodes}
        if lost and not allowed:
            raise Broken(f"“{what}” lost the episodes {sorted(lost)}")
        people = {p.id for p in before.prospects} - {p.id for p in after.prospects}
        if people and not (allowed or what.startswith("removed")):
            raise Broken(f"“{what}” lost the prospects {sorted(people)}")
        deliveries = {(f.path, n) for f in before.feeds for n in f.releases if n not in releases}
        feed_paths = {path for f in after.feeds for path in (f.path, *f.earlier_paths)}
        still = {(path, n) for f in after.feeds for path in (f.path, *f.earlier_paths) for n in f.releases}
        missing = {(path, n) for path, n in deliveries - still if path in feed_paths}
        if missing and not allowed:
            raise Broken(f"“{what}” lost the deliveries {sorted(n for _, n in missing)}")

    def _check_guids(self, after: Catalog, what: str) -> None:
        for feed in after.feeds:
            guid = podcast_guid(after.show, feed)
            for path in (feed.path, *feed.earlier_paths):
                if self._guids.setdefault(path, guid) != guid:
                    raise Broken(f"“{what}” changed the guid of the feed {feed.id}")
        for episode in after.episodes:
            if self._guids.setdefault(f"episode {episode.id}", episode.guid) != episode.guid:
                raise Broken(f"“{what}” changed the guid of {episode.id}")
        if len({e.guid for e in after.episodes}) < len(after.episodes):
            raise Broken(f"“{what}” has an episode twice")

    # ---- what must hold of what is public

    def _check_written(self, key: str, body: bytes | None) -> None:
        """Check an object the moment it is written."""
        if not key.startswith(PUBLIC) or body is None:
            return
        path = key.split("/")[1]
        self._check_leaks(path, body)
        if key.endswith("/feed.xml"):
            self._check_names(path, body)
            revision = self._revision_shown(path, body)
            if revision < self._feed_revisions.get(key, 0):
                raise Broken(f"the feed of revision {self._feed_revisions[key]} was replaced by one of {revision}")
            self._feed_revisions[key] = revision

    def _revision_shown(self, path: str, body: bytes) -> int:
        """Return the catalog revision that a feed stands for; what it shows of that tells nothing to others."""
        found, catalog = _REVISION.search(body), Ledger(self._real, new_nonce=str).load().catalog
        if found is None or catalog is None:
            return 0
        for number in range(catalog.revision, -1, -1):
            if shown_revision(catalog.show, path, number) == found[1].decode():
                return number
        raise Broken(f"the feed at {path} shows a revision that never was")

    def _check_names(self, path: str, body: bytes) -> None:
        """A feed names nothing that is not there, unless the catalog has taken it away again since."""
        for url, length in _ENCLOSURE.findall(body):
            key = f"{PUBLIC}{path}/{url.decode().rpartition('/')[2]}"
            try:
                size_bytes = self._real.head(key).size_bytes
            except ObjectMissing as error:
                content = Contents(self._catalog()).at(path)
                if content and any(key.endswith(f"/{d.audio_name}") for d in content.deliveries):
                    raise Broken(f"a feed names {key}, which is not there") from error
            else:
                if size_bytes != int(length):
                    raise Broken(f"a feed says that {key} has {length.decode()} bytes, it has {size_bytes}")

    def _check_leaks(self, path: str, body: bytes) -> None:
        """Nobody's token, and no e-mail address, in somebody else's folder."""
        text = body.decode("utf-8", errors="replace")
        own = {path, self._art_token}
        leaked = [token for token in self._issued - own if token in text]
        if leaked or any(address in text for address in ADDRESSES):
            raise Broken(f"{path[:4]}… holds somebody's token or address")

    def _check_words(self, text: str) -> None:
        if any(token in text for token in self._issued):
            raise Broken("a message holds a whole token")

    def _check_folders(self, paths: set[str]) -> None:
        """These folders are what the catalog says, byte for byte."""
        catalog = self._catalog()
        contents = Contents(catalog)
        self.figures.checks += 1
        for path in paths - {"", catalog.show.art_token}:
            listed = {info.key: info for info in self._real.list(f"{PUBLIC}{path}/")}
            plan = plan_folder(path, contents.at(path), listed, self._real, Renderer(Assets(self._real)).render)
            if plan.copies or plan.documents or plan.withdrawn or plan.leftovers:
                wrong = [
                    *plan.withdrawn,
                    *plan.leftovers,
                    *(c.key for c in plan.copies),
                    *(d.key for d in plan.documents),
                ]
                raise Broken(f"{path[:4]}… is not what the catalog says: {wrong}")

    def _check_all(self) -> dict[str, bytes]:
        """Everything under ``public/``, which is what the catalog says, read as a podcast app reads it."""
        catalog = self._catalog()
        found = self._public()
        contents = Contents(catalog)
        self._check_folders({key.split("/")[1] for key in found} | set(folders(catalog)))
        for path in folders(catalog):
            content = contents.at(path)
            body = found.get(f"{PUBLIC}{path}/feed.xml", b"")
            wanted = sorted(d.episode.guid for d in content.deliveries) if content and not content.is_gone else []
            if sorted(guid.decode() for guid in _GUID.findall(body)) != wanted:
                raise Broken(f"the feed at {path[:4]}… does not hold what was delivered, each once")
            self._check_names(path, body)
        closed = self._retired - {t.path for t in catalog.tombstones}
        left = [key for key in found if key.split("/")[1] in self._retired and not key.endswith((".xml", ".html"))]
        left += [key for key in found if key.split("/")[1] in closed]
        if left:
            raise Broken(f"a retired address still answers: {left[:2]}")
        for key, audio in found.items():
            if not key.endswith(".mp3"):
                self._check_leaks(key.split("/")[1], audio)
            elif self._real.get(master_key(hashlib.sha256(audio).hexdigest()))[0] != audio:
                raise Broken(f"{key} is no master")
        return found

    def _contents(self, catalog: Catalog) -> Iterator[FeedContent]:
        contents = Contents(catalog)
        return (content for path in folders(catalog) if (content := contents.at(path)))

    def _public(self) -> dict[str, bytes]:
        return {info.key: self._real.get(info.key)[0] for info in self._real.list(PUBLIC)}

    def _catalog(self) -> Catalog:
        return Ledger(self._real, new_nonce=str).load().catalog or _nothing()

    def draft(self, project: Project, number: int) -> Episode:
        """Store the audio of the recording of that number and return its episode."""
        return put_draft(project, f"r{number}", f"Pitch {number}")


def _nothing() -> Catalog:
    raise Broken("the catalog is gone")


# ---- commands


def _publish(world: World, project: Project, command: Command) -> None:
    names = [PROSPECTS[n] for n in command.whom if n < len(PROSPECTS)]
    draft = world.draft(project, command.number % 4)
    public = len(PROSPECTS) in command.whom
    change(project, publishing(project, draft, *names, public=public), Wish(what=f"published {draft.title}"))


def _undo(_world: World, project: Project, _command: Command) -> None:
    attempt, _ = take_back.plan_undo(project)
    take_back.undo(project, attempt)


def _withdraw(_world: World, project: Project, command: Command) -> None:
    take_back.withdraw(project, f"pitch-{command.number % 4}")


def _edit(_world: World, project: Project, command: Command) -> None:
    episodes.edit(project, f"pitch-{command.number % 4}", {"notes": f"Edited {command.number}"})


def _replace(world: World, project: Project, command: Command) -> None:
    new = world.draft(project, 4 + command.number)
    at = project.now()

    def step(catalog: Catalog) -> Catalog:
        episode = f"pitch-{command.number % 4}"
        return replace_audio(catalog, episode, recording=new.recording_sha256, master=new.master, chapters=(), at=at)

    change(project, step, Wish(what=f"replaced the audio {command.number}"))


def _chosen(command: Command) -> Chosen:
    return Chosen(who=(FEED_IDS[command.whom[0]],)) if len(command.whom) == 1 else Chosen(everyone=True)


def _rotate(_world: World, project: Project, command: Command) -> None:
    access.rotate(project, _chosen(command))


def _revoke(_world: World, project: Project, command: Command) -> None:
    access.revoke(project, _chosen(command))


def _restore(_world: World, project: Project, command: Command) -> None:
    access.restore(project, _chosen(command))


def _expire(_world: World, project: Project, command: Command) -> None:
    access.expire(project, _chosen(command), after=timedelta(hours=1 + command.number * 20))


def _remove(_world: World, project: Project, command: Command) -> None:
    access.remove(project, _chosen(command))


def _history(_world: World, project: Project, command: Command) -> None:
    revision = 1 + command.number % max(1, project.catalog().revision)
    history.restore(project, revision)


def _build(_world: World, project: Project, _command: Command) -> None:
    feeds.build(project)


def _edit_show(_world: World, project: Project, command: Command) -> None:
    show_workflow.edit(project, {"description": f"Ideas, part {command.number}"})


COMMANDS: dict[str, Callable[[World, Project, Command], None]] = {
    "publish": _publish,
    "undo": _undo,
    "withdraw": _withdraw,
    "edit": _edit,
    "replace": _replace,
    "rotate": _rotate,
    "revoke": _revoke,
    "restore": _restore,
    "expire": _expire,
    "remove": _remove,
    "history": _history,
    "build": _build,
    "edit show": _edit_show,
}


@contextmanager
def quick_and_on_the_clock(world: Callable[[], World | None]) -> Iterator[None]:
    """Let the process's clock be the world's, builds use no threads, nobody wait, and nothing wait for the disk.

    What the disk keeps after a power cut is not asked here; without threads a sequence repeats request for request.
    What was rendered once is remembered.
    """

    def now_s() -> float:
        current = world()
        return current.clock.time.timestamp() if current else time.time()

    clock = SimpleNamespace(time=now_s, monotonic=time.monotonic, sleep=lambda _s: None)
    with ExitStack() as stack:
        for module in (build_module, pending_module, ledger_module):
            stack.enter_context(patch.object(module, "time", clock))
        for module in (build_module, copying_module):
            stack.enter_context(patch.object(module, "ThreadPoolExecutor", _AtOnce))
        for module in (change_module, rendering_module):
            stack.enter_context(patch.object(module, "render_folder", _render))
        stack.enter_context(patch.object(os, "fsync", lambda _descriptor: None))
        yield


class _AtOnce:
    """What a pool of threads promises, done by the caller, one after another."""

    def __init__(self, _threads: int) -> None:
        pass

    def __enter__(self) -> "_AtOnce":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, function: Callable[..., _T], *arguments: Iterable[object]) -> Iterator[_T]:
        return iter([function(*each) for each in zip(*arguments, strict=False)])


_rendered: dict[bytes, dict[str, bytes]] = {}
_render_folder = rendering_module.render_folder


def _render(content: FeedContent, assets: Assets) -> dict[str, bytes]:
    """Return what render_folder does; now and then a second time, when it must be the same bytes."""
    key = msgspec.json.encode(content)
    known = _rendered.get(key)
    if known is not None and key[-2] % 16:
        return known
    _rendered[key] = _render_folder(content, assets)
    if known not in (None, _rendered[key]):
        raise Broken("the same content was rendered to other bytes")
    return _rendered[key]
