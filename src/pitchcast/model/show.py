"""What a show is: one salesperson's or team's podcast, and how it sounds and looks."""

from typing import Literal

import msgspec

from pitchcast.model.base import Record, Row

Counted = Literal["no", "feeds", "totals"]


class LoudnessTarget(Record, frozen=True):
    """How loud a master is, as heard: one channel counts as played on two speakers (dual mono, ITU-R BS.1770)."""

    integrated_lufs: float = -16.0
    true_peak_dbtp: float = -1.0


class AudioSettings(Record, frozen=True):
    """How a recording becomes a master. ``bitrate_kbps`` is for one channel; stereo doubles it.

    ``level`` brings near and far voices together, ``auto`` only where loudness varies much. ``clean`` takes away
    rumble and some noise; ``strong`` most of it, by a network that an extra brings. Pauses longer than
    ``shorten_pauses_s`` are cut to that (0: none is).
    """

    target: LoudnessTarget = LoudnessTarget()
    bitrate_kbps: Literal[64, 80, 96, 128] = 96
    channels: Literal["auto", "mono", "stereo"] = "auto"
    trim_silence: bool = True
    level: Literal["auto", "always", "never"] = "auto"
    clean: Literal["off", "light", "strong"] = "off"
    shorten_pauses_s: float = 0.0


class Logo(Record, frozen=True):
    """A company's logo, kept in ``private/assets/<sha256>.<extension>``.

    ``source`` is the SHA-256 of the file it was made from, ``color`` the mean of what can be seen of a transparent
    one, as ``#rrggbb``, "" for an opaque one.
    """

    sha256: str
    extension: Literal["jpg", "png"]
    width_px: int
    height_px: int
    source_sha256: str = msgspec.field(name="source")
    color: str = ""


class Photo(Record, frozen=True):
    """A host's photo: a small square JPEG, kept in ``private/assets/<sha256>.jpg``.

    ``source`` is the SHA-256 of the file it was made from.
    """

    sha256: str
    size_px: int
    source_sha256: str = msgspec.field(name="source")
    extension: Literal["jpg"] = "jpg"


class Brand(Record, frozen=True):
    """What every feed and page of the show says besides its episodes, and in which colours (``#rrggbb``, "" for none).

    ``color`` is the ground of a drawn cover, of the page's head and of its buttons; ``accent`` stands out from it.
    ``templates`` is the SHA-256 of the page's own templates, style and words in ``private/assets``, "" for none.
    ``logo`` stands in the page's head and on drawn covers. ``company`` is whom the host works for, with its website;
    ``imprint_url`` and ``privacy_url`` are what it says about itself and about data. ``address`` says
    whether feeds, pages and mails speak to a prospect, or to the team at its company where that is known.
    """

    call_to_action: str = ""
    call_to_action_url: str = ""
    color: str = ""
    accent: str = ""
    templates: str = ""
    logo: Logo | None = None
    company: str = ""
    company_url: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    address: Literal["team", "person"] = "person"


class Artwork(Record, frozen=True):
    """A square picture kept in ``private/assets/<sha256>.<extension>``; becomes itunes:image.

    ``small`` is the same picture as pages show it, with a fraction of the bytes.
    """

    sha256: str
    extension: Literal["jpg", "png"]
    size_px: int
    small: "Artwork | None" = None

    @property
    def sizes(self) -> "tuple[Artwork, ...]":
        """Return the picture in every size that there is."""
        return (self, self.small) if self.small else (self,)


class NamedCover(Row, frozen=True):
    """A drawn cover that carries a name, kept in ``private/assets`` as ``<sha256>.jpg``, and the same in small.

    ``drawn_from`` changes with title, host, colours and logo; ``changed_revision`` brought it. ``language`` is in
    whose words it says whom it is for, "" for “for”, as in every language once.
    """

    name: str
    drawn_from: str
    sha256: str
    size_px: int
    small_sha256: str
    small_px: int
    changed_revision: int
    language: str = ""

    @property
    def artwork(self) -> Artwork:
        """Return the picture, with its small form."""
        small = Artwork(sha256=self.small_sha256, extension="jpg", size_px=self.small_px)
        return Artwork(sha256=self.sha256, extension="jpg", size_px=self.size_px, small=small)


class Show(Record, frozen=True):
    """One podcast. Attributes name the channel element that they become.

    ``id`` is a UUID given once; guids of feeds and episodes derive from it. ``slug`` is the public feed's folder,
    frozen when first published; ``art_token`` is the folder of the cover. ``first_address`` is the first public
    address without scheme: podcast:guids follow from it for ever, wherever the show moves. ``cover`` is None until
    one was made; ``cover_drawn`` says that it shows title and host, and follows them,
    ``cover_per_prospect`` that private feeds have one each that carries the name of whom it is for. ``audio`` says
    whether each feed has its own copy of an episode's audio, or all that have the episode share one. ``counted`` is
    what pages tell of the access log: nothing, that requests are counted for each feed, or that they are in all only.
    ``role`` is what the host does in the company, ``photo`` shows the host, and ``contact`` is an e-mail address, a
    telephone number or a web address by which pages say that the host is reached.
    ``changed`` is the catalog revision of the last change.
    """

    id: str
    title: str
    host: str
    art_token: str
    first_address: str
    email: str = ""
    owner_email: bool = False
    language: str = "en"
    category: str = "Business > Marketing"
    link: str = ""
    description: str = ""
    explicit: bool = False
    cover: Artwork | None = None
    cover_drawn: bool = True
    cover_per_prospect: bool = False
    slug: str = ""
    audio: Literal["per-feed", "shared"] = "per-feed"
    counted: Counted = "no"
    changed_revision: int = msgspec.field(name="changed", default=0)
    role: str = ""
    photo: Photo | None = None
    contact: str = ""
