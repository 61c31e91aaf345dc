"""The feeds that are kept as golden files.

After a wanted change, ``python -m tests.feed.golden_feeds`` writes them anew; read the difference before committing it.
"""

from pathlib import Path

from msgspec.structs import replace

from pitchcast.model.feed import FeedContent
from pitchcast.model.show import Artwork, Brand
from tests.fixtures.content import (
    TOKEN,
    a_content,
    a_delivery,
    a_master,
    a_public_content,
    a_show,
    an_episode,
    rendered_feed,
)

FOLDER = Path(__file__).parent / "golden"
OWN_COVER = Artwork(sha256="ab" * 32, extension="png", size_px=1400)
OWN_COVER_URL = f"https://listen.example.com/{TOKEN}/cover-abababab.png"


def a_rich_content() -> FeedContent:
    """Return a private feed with everything that an episode can have."""
    episode = an_episode(
        3,
        title="R&D: « Prix < 3 € » – 値段 😀",
        host="Lee Ito",
        season=2,
        cover=OWN_COVER,
        notes="Ends ]]> here & <b>there</b>\n\n![a picture](https://tracker.example/x.png)",
        master=a_master(sha256="3f" * 32, samples=100, size_bytes=4_321),
    )
    plain = a_content()
    return a_content(
        brand=Brand(call_to_action="Book twenty minutes", call_to_action_url="https://seller.example/book?a=1&b=2"),
        deliveries=(a_delivery(3, episode=replace(episode, number=5)), *plain.deliveries),
        covers={OWN_COVER.sha256: OWN_COVER_URL},
        revision="12",
    )


GOLDEN = {
    "private.xml": a_rich_content(),
    "public.xml": a_public_content(show=a_show(owner_email=True)),
    "empty.xml": a_content(deliveries=(), show=a_show(link="", description="")),
}

if __name__ == "__main__":
    for name, content in GOLDEN.items():
        (FOLDER / name).write_bytes(rendered_feed(content))
