"""Which link opens a feed in which podcast app, without telling anybody else the address?

Only forms that the device itself hands to the app: a link that passes through a website would show a private
address to that website.
"""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class AppLink:
    """A link that subscribes to the feed in one app. ``system`` is where that app and this form of link are found."""

    app: str
    system: str
    url: str


def app_links(feed_url: str) -> tuple[AppLink, ...]:
    """Return the links for *feed_url* (a whole http or https address), iPhone first, then Android."""
    host_and_path = feed_url.partition("://")[2]
    pocket_casts_android = "subscribehttps" if feed_url.startswith("https://") else "subscribe"
    return (
        AppLink("Apple Podcasts", "iPhone, Mac", f"podcast://{host_and_path}"),
        AppLink("Overcast", "iPhone", f"overcast://x-callback-url/add?url={quote(feed_url, safe='')}"),
        AppLink("Pocket Casts", "iPhone", f"pktc://subscribe/{feed_url}"),
        AppLink("Castro", "iPhone", f"castro://subscribe/{host_and_path}"),
        AppLink("AntennaPod and others", "Android", f"pcast:{feed_url}"),
        AppLink("Pocket Casts", "Android", f"pktc://{pocket_casts_android}/{host_and_path}"),
        AppLink("Podcast Addict", "Android", f"podcastaddict://{feed_url}"),
    )
