"""Every writing command: what is typed, on which show, and what it means that it was done exactly once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pitchcast.model.catalog import Catalog, find_feed
from pitchcast.model.feed import Feed
from pitchcast.model.layout import PENDING, PUBLIC
from pitchcast.model.show import Show as ShowText
from pitchcast.site.pending import read_pending
from tests.again.show import PREPARATIONS, Show, texts
from tests.fixtures.pictures import put_pictures

GLOBEX = "Globex <hank@globex.example>"
ACME = (b"Acme", b"jo@acme.example")

Check = Callable[[Catalog, Catalog], None]
Look = Callable[[Show], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to use a writing command.

    ``name`` begins with the command. ``done`` compares the catalogs before and after, ``look`` looks into the storage.
    ``commits`` is how many revisions the command makes. ``prepared`` are commands that come first. ``codes`` are the
    exit codes by which a disturbed run may end besides 0 and 4.
    """

    name: str
    words: tuple[str, ...]
    done: Check
    commits: int = 1
    prepared: tuple[tuple[str, ...], ...] = ()
    empty: bool = False
    codes: tuple[int, ...] = ()
    look: Look = lambda _show: None

    @property
    def command(self) -> str:
        """Return the command, as it is registered."""
        return self.name.partition(",")[0]


def _feed(catalog: Catalog, feed_id: str) -> Feed:
    feed = find_feed(catalog, feed_id)
    assert feed is not None, f"{feed_id} has no feed"
    return feed


def _added(before: Catalog, after: Catalog, *, episodes: int = 0, releases: int = 0, prospects: int = 0) -> None:
    """Check how many more of each there are."""
    assert len(after.episodes) - len(before.episodes) == episodes, "episodes"
    assert len(after.releases) - len(before.releases) == releases, "releases"
    assert len(after.prospects) - len(before.prospects) == prospects, "prospects"
    assert len({feed.path for feed in after.feeds}) == len(after.feeds)


def _gained(before: Catalog, after: Catalog, *feed_ids: str) -> None:
    """Check that exactly these feeds hold exactly one release more, the newest one."""
    newest = after.releases[-1].number
    gained = {feed.id for feed in after.feeds if newest in feed.releases}
    assert gained == set(feed_ids), f"{gained} hold the newest release"
    for feed in before.feeds:
        assert len(_feed(after, feed.id).releases) - len(feed.releases) == (feed.id in gained), feed.id


def _publish_first(_before: Catalog, after: Catalog) -> None:
    assert (len(after.episodes), len(after.releases), len(after.prospects)) == (1, 1, 1)


def _publish_new(before: Catalog, after: Catalog) -> None:
    _added(before, after, episodes=1, releases=1, prospects=1)
    _gained(before, after, "acme-corp", "globex")


def _publish_known(before: Catalog, after: Catalog) -> None:
    _added(before, after, releases=1)
    _gained(before, after, "initech")


def _publish_again(before: Catalog, after: Catalog) -> None:
    _added(before, after, episodes=1, releases=1)
    assert [episode.repeat for episode in after.episodes] == [0, 0, 1]
    _gained(before, after, "acme-corp")


def _greeted(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert len(after.greetings) - len(before.greetings) == 1


def _delivered(before: Catalog, after: Catalog) -> None:
    _added(before, after, releases=1, prospects=1)
    _gained(before, after, "globex")


def _episode_edited(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert [episode.title for episode in after.episodes] == ["First pitch", "Renamed pitch"]


def _retagged(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    for old, new in zip(before.episodes, after.episodes, strict=True):
        assert new.master.sha256 != old.master.sha256
        assert len(new.replaced) == 1


def _replaced(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert after.episodes[1].recording_sha256 != before.episodes[1].recording_sha256
    assert len(after.episodes[1].replaced) == 1


def _withdrawn(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert [episode.withdrawn for episode in after.episodes] == [False, True]


def _undone(before: Catalog, after: Catalog) -> None:
    _added(before, after, episodes=-1, releases=-1, prospects=-1)
    assert [episode.title for episode in after.episodes] == ["First pitch"]
    assert find_feed(after, "umbrella") is None


def _prospect_added(before: Catalog, after: Catalog) -> None:
    _added(before, after, prospects=1)
    assert [p.name for p in after.prospects].count("Globex") == 1


def _prospect_edited(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert [p.name for p in after.prospects if p.id == "acme-corp"] == ["Acme Corporation"]
    assert _feed(after, "acme-corp").path == _feed(before, "acme-corp").path


def _imported(before: Catalog, after: Catalog) -> None:
    _added(before, after, prospects=2)
    assert [p.company for p in after.prospects if p.id == "initech"] == ["Initech Inc"]


def _suspended(before: Catalog, after: Catalog) -> None:
    _imported(before, after)
    assert {one.prospect for one in after.suspensions} == {"acme-corp", "umbrella"}
    assert {one.ends - one.since for one in after.suspensions} == {timedelta(days=7)}
    assert [_feed(after, feed.id) for feed in before.feeds if feed.prospect != "initech"] == [
        feed for feed in before.feeds if feed.prospect != "initech"
    ], "they keep their links"


def _ended_at_once(before: Catalog, after: Catalog) -> None:
    _imported(before, after)
    closed = {feed.id for feed in after.feeds if feed.state == "revoked"}
    assert closed == {"acme-corp", "acme-corp.2", "umbrella", "vandelay"}


def _invited(number: int) -> Check:
    def check(before: Catalog, after: Catalog) -> None:
        _added(before, after)
        assert len(after.feeds) - len(before.feeds) == number
        assert sum(feed.parent == "acme-corp" for feed in after.feeds) == 1 + number

    return check


def _removed(before: Catalog, after: Catalog) -> None:
    _added(before, after, prospects=-1)
    assert not [feed for feed in after.feeds if feed.prospect == "acme-corp"]
    assert len(after.retired_paths) - len(before.retired_paths) == 2, "the feed, and that which was passed on"


def _nobody_in_public(show: Show) -> None:
    for name, body in show.place.public_files().items():
        assert not any(word in texts(body) for word in ACME), f"{name} names the person who was removed"


def _nobody_anywhere(show: Show) -> None:
    """Check that nothing names the person; a record that could not be deleted after the answer goes later."""
    _nobody_in_public(show)
    project = show.project()
    for info in project.bucket.list("private/"):
        body = texts(project.bucket.get(info.key)[0])
        named = any(word in body for word in ACME) and not info.key.startswith(PENDING)
        assert not named, f"{info.key} names the person who was removed"
    finished = [record.name for record in read_pending(project) if record.state != "open"]
    assert not finished, f"records of finished work: {finished}"


def _rotated(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert set(after.retired_paths) - set(before.retired_paths) == {_feed(before, "acme-corp").path}
    assert _feed(after, "acme-corp").path not in after.retired_paths


def _revoked(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert {feed.id for feed in after.feeds if feed.state == "revoked"} == {"acme-corp", "acme-corp.2", "vandelay"}


def _restored(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert _feed(after, "vandelay").state == "active"
    assert _feed(after, "vandelay").path != _feed(before, "vandelay").path


def _expiring(before: Catalog, after: Catalog) -> None:
    _added(before, after)
    assert _feed(after, "acme-corp").expires is not None


def _same(before: Catalog, after: Catalog) -> None:
    assert after.episodes == before.episodes
    assert after.feeds == before.feeds


def _show_with(**changes: object) -> Check:
    def check(before: Catalog, after: Catalog) -> None:
        _added(before, after)
        shown: ShowText = after.show
        assert {key: getattr(shown, key) for key in changes} == changes

    return check


def _back(before: Catalog, after: Catalog) -> None:
    assert [episode.title for episode in after.episodes] == ["First pitch", "Second pitch"]
    assert before.releases == after.releases
    assert [feed.path for feed in before.feeds] == [feed.path for feed in after.feeds], "what came since stays"
    assert before.prospects == after.prospects


def _lose_public(show: Show) -> None:
    bucket = show.project().bucket
    bucket.delete([info.key for info in bucket.list(PUBLIC) if info.key.endswith((".xml", ".mp3"))][:5])


PREPARATIONS["put pictures"] = lambda show: put_pictures(show.project())
PREPARATIONS["lose public"] = _lose_public

_RENAME = ("episodes", "edit", "Second pitch", "--title", "Renamed pitch")
_TO_GREET = ("two.wav", "--to", "acme-corp", "--greeting", "hello.wav", "--yes")

SCENARIOS = (
    Scenario(
        "publish, to begin a show",
        ("publish", "one.wav", "--to", "Acme Corp <jo@acme.example>", "--title", "First pitch", "--yes"),
        _publish_first,
        empty=True,
    ),
    Scenario(
        "publish, a new episode",
        ("publish", "three.wav", "--to", GLOBEX, "--to", "acme-corp", "--title", "Third pitch", "--yes"),
        _publish_new,
    ),
    Scenario("publish, a known episode", ("publish", "one.wav", "--to", "initech", "--yes"), _publish_known),
    Scenario(
        "publish, --again",
        ("publish", "one.wav", "--to", "acme-corp", "--again", "--title", "First pitch again", "--yes"),
        _publish_again,
    ),
    Scenario("publish, --greeting", ("publish", *_TO_GREET), _greeted),
    Scenario("undo", ("undo", "--yes"), _undone),
    Scenario("episodes deliver", ("episodes", "deliver", "Second pitch", "--to", GLOBEX, "--yes"), _delivered),
    Scenario("episodes edit", _RENAME, _episode_edited),
    Scenario(
        "episodes edit, --retag",
        ("episodes", "edit", "--all", "--retag", "--yes"),
        _retagged,
        prepared=(("put pictures",),),
    ),
    Scenario("episodes replace", ("episodes", "replace", "Second pitch", "three.wav", "--yes"), _replaced),
    Scenario("episodes withdraw", ("episodes", "withdraw", "Second pitch", "--yes"), _withdrawn),
    Scenario("prospects add", ("prospects", "add", GLOBEX), _prospect_added),
    Scenario("prospects edit", ("prospects", "edit", "acme-corp", "--name", "Acme Corporation"), _prospect_edited),
    Scenario("prospects import", ("prospects", "import", "contacts.csv"), _imported),
    Scenario(
        "prospects import, --remove-missing",
        ("prospects", "import", "contacts.csv", "--remove-missing", "--max-missing", "100", "--yes"),
        _suspended,
    ),
    Scenario(
        "prospects import, --grace 0",
        ("prospects", "import", "contacts.csv", "--remove-missing", "--grace", "0", "--max-missing", "100", "--yes"),
        _ended_at_once,
    ),
    Scenario("prospects invite", ("prospects", "invite", "Kim Park", "--by", "acme-corp"), _invited(1)),
    Scenario("prospects invite, --spare", ("prospects", "invite", "--by", "acme-corp", "--spare", "2"), _invited(2)),
    Scenario("prospects remove", ("prospects", "remove", "acme-corp", "--yes"), _removed, look=_nobody_in_public),
    Scenario(
        "prospects remove, --purge-history",
        ("prospects", "remove", "acme-corp", "--purge-history", "--yes"),
        _removed,
        look=_nobody_anywhere,
    ),
    Scenario("feeds rotate", ("feeds", "rotate", "acme-corp", "--yes"), _rotated),
    Scenario("feeds revoke", ("feeds", "revoke", "acme-corp", "--with-children", "--yes"), _revoked),
    Scenario("feeds restore", ("feeds", "restore", "vandelay", "--yes"), _restored),
    Scenario("feeds expire", ("feeds", "expire", "acme-corp", "--on", "2099-03-31", "--yes"), _expiring),
    Scenario("feeds expire, --after", ("feeds", "expire", "acme-corp", "--after", "30d", "--yes"), _expiring),
    Scenario("feeds build", ("feeds", "build", "--all"), _same, commits=0, prepared=(("lose public",),)),
    Scenario(
        "show edit",
        ("show", "edit", "--description", "What a cloud costs."),
        _show_with(description="What a cloud costs."),
    ),
    Scenario(
        "show edit, a drawn cover", ("show", "edit", "--title", "Clouds in short"), _show_with(title="Clouds in short")
    ),
    Scenario(
        "show apply",
        ("show", "apply", "--config", "described.toml"),
        _show_with(description="What a cloud costs."),
    ),
    Scenario(
        "history restore", ("history", "restore", "7", "--yes"), _back, prepared=(_RENAME, ("prospects", "add", GLOBEX))
    ),
    Scenario(
        "doctor, --repair",
        ("doctor", "--repair"),
        _same,
        commits=0,
        prepared=(("lose public",),),
        codes=(1,),  # that the storage fails is what it finds out
    ),
)
"""The writing commands. One that is added to the program joins by an entry here; test_registered.py asks for it."""

READING = (
    ("link", "acme-corp"),
    ("prospects", "list"),
    ("prospects", "show", "acme-corp"),
    ("episodes", "list"),
    ("episodes", "show", "Second pitch"),
    ("feeds", "list"),
    ("feeds", "show", "acme-corp"),
    ("feeds", "check", "--all"),
    ("feeds", "export", "--csv", "-"),
    ("show", "show"),
    ("history", "list"),
    ("history", "show", "3"),
)
"""Commands that only look, as they are tried."""

ELSEWHERE = {
    "preview": "serves a folder until it is stopped: tests/cli/test_commands.py",
    "init": "writes pitchcast.toml and asks no storage",
    "join": "writes pitchcast.toml; what it tries out on the storage goes again",
    "move": "from one storage to another: tests/chaos/test_processes.py kills it, tests/chaos/test_storm.py stops it",
    "logs sync": "adds to sets, which is the same however often: tests/analytics/test_sync.py",
    "stats": "looks, and keeps what it counted on this computer",
    "report": "looks, and keeps what it counted on this computer",
    "leads": "looks; what --notify and --export claim is tried in tests/analytics/test_leads.py",
    "storage setup": "changes a bucket's policy, which is the same however often it is set",
    "audio inspect": "knows no show",
    "audio master": "knows no show",
}
"""Commands that are not tried here, and why."""
