"""What a feed is: one audience's subscription, its folder, and what it delivers."""

import hashlib
import uuid
from datetime import datetime
from typing import Literal

import msgspec

from pitchcast.model.base import Record, Row
from pitchcast.model.episode import Episode, Greeting
from pitchcast.model.layout import FEED_NAME, PAGE_NAME, cover_name
from pitchcast.model.log_marks import CALL_NAME, audio_query, mark_of, share_query
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Artwork, Brand, Show

Access = Literal["private", "public"]
State = Literal["active", "revoked"]
Ending = Literal["closed", "rotated", "expired", "moved"]
"""Why an address ended, as far as its page says it: what was revoked, removed or undone was closed."""

PUBLIC_FEED = "public"

_PODCAST_GUIDS = uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")  # the podcast: namespace's own, see its docs on guid


class Feed(Row, frozen=True):
    """One audience's subscription.

    ``id`` is the prospect's id, ``<prospect id>.2`` for a child, or ``public``. ``path`` is its folder under
    ``public/``: the token of a private feed, the show's slug for the public one. ``releases`` are numbers of
    catalog releases, oldest first. ``changed_revision`` is that of the last change of what the feed shows.
    ``guid`` is the podcast:guid, stored only once the path is no longer the first one. A revoked feed keeps its last
    path; what that shows is up to the catalog's tombstones. ``expires`` is when the next writing command revokes it.
    ``earlier_paths`` are oldest first. ``parent`` is the id of the feed that a child was passed on from: it shows what
    the prospect's own feed holds and has no releases. ``name`` is whom a child is for, "" where nobody has said so.
    ``title_language`` is in whose words its title says whom it is for, "" for “for”: that of the show when the feed
    began, since subscribers know a feed by its title.
    """

    id: str
    path: str
    prospect: str = ""
    releases: tuple[int, ...] = ()
    changed_revision: int = 0
    state: State = "active"
    guid: str = ""
    expires: datetime | None = None
    earlier_paths: tuple[str, ...] = ()
    parent: str = ""
    name: str = ""
    title_language: str = ""

    @property
    def source(self) -> str:
        """Return the id of the feed whose episodes it shows: its own, for a child that of the prospect."""
        return self.prospect if self.parent else self.id

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every folder that it has or had, oldest first."""
        return (*self.earlier_paths, self.path)

    @property
    def mark(self) -> str:
        """Return what tells in a log whose link was passed on: it follows from the path and does not betray it."""
        return mark_of(self.path)

    @property
    def access(self) -> Access:
        """Return whether the feed is for everyone or for one prospect."""
        return "public" if self.id == PUBLIC_FEED else "private"


class Delivery(Record, frozen=True):
    """An episode placed in a feed: its date, and the name its files have there.

    ``episode`` is as this feed has it: with the prospect's fields filled in, and behind a ``greeting`` with the audio
    and chapters of the whole. ``release`` is the number of the act of publishing; what stands for it is part of
    ``hash8``, so that a key that was deleted is never written again: ``public_number``, or itself where that is 0.
    """

    episode: Episode
    date: datetime
    release: int
    greeting: Greeting | None = None
    public_number: int = msgspec.field(name="veil", default=0)

    @property
    def hash8(self) -> str:
        """Return eight hex digits that change with the audio, with its replacement, the greeting and the release."""
        greeted = (self.greeting.public_number or self.greeting.changed_revision) if self.greeting else 0
        return _hash8(self.episode.master.sha256, self._named_release, self.episode.audio_revision, greeted)

    @property
    def _named_release(self) -> int:
        """Return the number that stands for the release in names; an earlier pitchcast took the release's own."""
        return self.public_number or self.release

    @property
    def audio_path(self) -> str:
        """Return the folder of the audio that feeds share, "" where it lies beside the feed: also behind a greeting."""
        return "" if self.greeting else self.episode.audio_path

    @property
    def audio_name(self) -> str:
        """Return the file name of the audio in its folder; where that is shared, it is the same for every release."""
        if self.audio_path:
            return f"{self.episode.slug}-{_hash8(self.episode.master.sha256, 0, self.episode.audio_revision)}.mp3"
        return f"{self.episode.slug}-{self.hash8}.mp3"

    @property
    def chapters_name(self) -> str:
        """Return the file name of the podcast:chapters document ("" without chapters); it changes with what it says."""
        if not self.episode.chapters:
            return ""
        said = hashlib.sha256(self.hash8.encode() + msgspec.json.encode(self.episode.chapters)).hexdigest()
        return f"{self.episode.slug}-{said[:8]}.json"

    @property
    def transcript_name(self) -> str:
        """Return the file name of the transcript, "" without one; it changes with what it says and when."""
        file = self.episode.transcript
        if file is None:
            return ""
        said = hashlib.sha256(f"{self.hash8}{file.sha256}".encode() + msgspec.json.encode(self.episode.timeline))
        return f"{self.episode.slug}-{said.hexdigest()[:8]}.{file.extension}"

    @property
    def kept_names(self) -> tuple[str, ...]:
        """Return the file names of replaced audio that is still readable for a while."""
        release = 0 if self.audio_path else self._named_release
        replaced = tuple(
            f"{old.slug or self.episode.slug}-{_hash8(old.master_sha256, release, old.audio_revision)}.mp3"
            for old in self.episode.replaced
            if old.still_readable
        )
        return (*replaced, *(old.name for old in self.greeting.earlier_audio)) if self.greeting else replaced


class FeedContent(Record, frozen=True):
    """Everything that RSS and page of one feed are rendered from: the same content gives the same bytes.

    ``base_url`` is the address of the feed's folder, without a slash at the end. ``deliveries`` are newest first.
    ``logo_url`` and ``photo_url`` are the addresses of the brand's logo and the host's photo, "" where there is none;
    ``small_cover_url`` is that of the show's cover as pages show it. ``covers`` gives the address of each episode's own
    cover, in every size, by its SHA-256.
    ``own_cover`` lies in the feed's folder in place of the show's; the two addresses are then its own.
    ``kept`` are further files that may lie in the folder although nothing names them any more. ``revision`` is a text
    that is new after every change of anything in here, and never comes again. ``moved_to`` is the address of the
    folder that apps shall go to instead, "" where the show has not moved. With ``audio_only`` the folder holds nothing
    but the audio that feeds share. ``ending`` says why an ended address ended. ``updated`` is when what the feed shows
    was changed last, None where nobody knows. ``preview_url`` is the address of the picture that chats show of the
    newest episode, "" where there is none.
    """

    show: Show
    brand: Brand
    feed: Feed
    prospect: Prospect | None
    deliveries: tuple[Delivery, ...]
    base_url: str
    cover_url: str
    covers: dict[str, str] = msgspec.field(default_factory=dict)
    kept: tuple[str, ...] = ()
    revision: str = ""
    moved_to: str = ""
    logo_url: str = ""
    small_cover_url: str = ""
    audio_only: bool = False
    own_cover: Artwork | None = None
    ending: Ending = "closed"
    photo_url: str = ""
    updated: datetime | None = None
    preview_url: str = ""

    @property
    def is_gone(self) -> bool:
        """Return whether this is an ended address: nothing is to be heard here any more."""
        return self.feed.state == "revoked"

    @property
    def gone_page(self) -> Ending | None:
        """Return what the gone page says that stands in place of the listening page, None where that one stands."""
        if self.is_gone:
            return self.ending
        return "moved" if self.moved_to else None

    @property
    def newest(self) -> Episode | None:
        """Return the newest episode, None where nothing is to be heard."""
        return self.deliveries[0].episode if self.deliveries else None

    @property
    def newest_host(self) -> str:
        """Return who speaks in the newest episode: its own host, or the show's."""
        return (self.newest and self.newest.host) or self.show.host

    @property
    def feed_url(self) -> str:
        """Return the address that podcast apps subscribe to."""
        return f"{self.base_url}/{FEED_NAME}"

    @property
    def new_feed_url(self) -> str:
        """Return what becomes itunes:new-feed-url, "" where the feed stays; what was closed never leads anywhere."""
        return f"{self.moved_to}/{FEED_NAME}" if self._leads_on else ""

    @property
    def new_page_url(self) -> str:
        """Return the address of the page where the show lies now, "" where it stays; as for new_feed_url."""
        return f"{self.moved_to}/{PAGE_NAME}" if self._leads_on else ""

    @property
    def _leads_on(self) -> bool:
        return bool(self.moved_to) and self.gone_page == "moved"

    @property
    def page_url(self) -> str:
        """Return the address that people are sent: object storage has no index documents, so it names the file."""
        return f"{self.base_url}/{PAGE_NAME}"

    def episode_url(self, episode: Episode) -> str:
        """Return the address of an episode on the page; of one that is no longer on it, that of the page."""
        return f"{self.page_url}#{episode.anchor}"

    @property
    def call_url(self) -> str:
        """Return where a tap on the call to action goes first: to a page beside the feed, if it leads to a website."""
        return f"{self.base_url}/{CALL_NAME}" if self.counts_calls else self.brand.call_to_action_url

    @property
    def counts_calls(self) -> bool:
        """Return whether there is a page through which the call to action leads; mail and telephone open directly."""
        return self.brand.call_to_action_url.strip().casefold().startswith(("https://", "http://"))

    @property
    def share_url(self) -> str:
        """Return the page's address for a listener to pass on: the log then tells from whose page it came."""
        return f"{self.page_url}?{share_query(self.feed.mark)}"

    @property
    def podcast_guid(self) -> str:
        """Return the podcast:guid: from the feed's first address without scheme, and never changed by moving."""
        return podcast_guid(self.show, self.feed)

    @property
    def team(self) -> str:
        """Return the company whose team the feed speaks to, "" where it speaks to a person, or to everybody."""
        return team_of(self.brand, self.feed, self.prospect) if self.prospect else ""

    @property
    def addressee(self) -> str:
        """Return whom the feed speaks to: a company, or a prospect's or colleague's name; "" for everybody."""
        return self.team or (self.prospect.name if self.prospect else "")

    def audio_url(self, delivery: Delivery) -> str:
        """Return the address of an episode's audio; where feeds share it, a query tells the log whose feed it was."""
        if not delivery.audio_path:
            return f"{self.base_url}/{delivery.audio_name}"
        root = self.base_url.rpartition("/")[0]
        return f"{root}/{delivery.audio_path}/{delivery.audio_name}?{audio_query(self.feed.mark)}"

    def audio_src(self, delivery: Delivery) -> str:
        """Return that address as a page in the feed's folder names it."""
        if not delivery.audio_path:
            return delivery.audio_name
        return f"../{delivery.audio_path}/{delivery.audio_name}?{audio_query(self.feed.mark)}"

    def with_own_cover(self, cover: Artwork) -> "FeedContent":
        """Return the content with a cover that lies in the feed's folder and carries a name."""
        urls = [f"{self.base_url}/{cover_name(size)}" for size in cover.sizes]
        return msgspec.structs.replace(self, own_cover=cover, cover_url=urls[0], small_cover_url=urls[-1])

    def with_shared_cover(self) -> "FeedContent":
        """Return the content with the cover that all feeds share."""
        public_url = self.base_url.removesuffix(f"/{self.feed.path}")
        return msgspec.structs.replace(
            self,
            own_cover=None,
            cover_url=shared_cover_url(self.show, public_url),
            small_cover_url=shared_cover_url(self.show, public_url, small=True),
        )

    def cover_of(self, episode: Episode) -> str:
        """Return the address of the episode's own cover, or the show's."""
        return self.covers.get(episode.cover.sha256, self.cover_url) if episode.cover else self.cover_url

    def small_cover_of(self, episode: Episode) -> str:
        """Return the address of the cover that a page shows for an episode."""
        small = episode.cover.small if episode.cover else None
        if episode.cover is None:
            return self.small_cover_url or self.cover_url
        return self.covers[small.sha256] if small else self.cover_of(episode)


def team_of(brand: Brand, feed: Feed, prospect: Prospect) -> str:
    """Return the company whose team a feed speaks to, "" where it speaks to a person.

    A colleague who got a link by name is spoken to by that name.
    """
    return "" if feed.name else addressed_company(brand, prospect)


def addressed_company(brand: Brand, prospect: Prospect) -> str:
    """Return the company that a prospect is spoken to as, "" where it is spoken to by name."""
    return prospect.company if (prospect.address or brand.address) == "team" else ""


def podcast_guid(show: Show, feed: Feed) -> str:
    """Return the podcast:guid of a feed: the stored one, else the one that follows from its first address."""
    return feed.guid or str(uuid.uuid5(_PODCAST_GUIDS, f"{show.first_address}/{feed.path}/{FEED_NAME}"))


def shared_cover_url(show: Show, public_url: str, *, small: bool = False) -> str:
    """Return the address of the cover that a show's feeds share, large or *small*; "" before one was made."""
    cover = show.cover and show.cover.sizes[-1 if small else 0]
    return f"{public_url}/{show.art_token}/{cover_name(cover)}" if cover else ""


def _hash8(master: str, release: int, mastered: int, greeted: int = 0) -> str:
    replaced = f":{mastered}" if mastered else ""
    spoken = f":greeted {greeted}" if greeted else ""
    return hashlib.sha256(f"{master}:{release}{replaced}{spoken}".encode()).hexdigest()[:8]
