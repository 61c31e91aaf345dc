"""The links that open a feed in a podcast app without telling anybody else the address.

A private feed gets only forms that the device itself hands to the app: a link that passes through a website would
show its address to that website. A public feed, which anybody may know, gets those too.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class AppLink:
    """A link that subscribes to the feed in one app. ``system`` is where that app and this form of link are found.

    ``devices`` are those on which the page's script offers it, in one text: ``ios``, ``mac``, ``android``, ``other``.
    """

    app: str
    system: str
    devices: str
    url: str


def app_links(feed_url: str, and_others: str = "") -> tuple[AppLink, ...]:
    """Return the links for *feed_url* (a whole http or https address), iPhone first, then Android.

    *and_others* says of an app that it stands for several: ``{app} and others``; "" says nothing of them.
    """
    # A browser takes a colon behind "scheme://" for the start of a port and drops it: "app://https://HOST" becomes
    # "app://https//HOST". So the address goes in without its scheme, or where no host stands: in a path or a query.
    host_and_path = feed_url.partition("://")[2]
    encrypted = feed_url.startswith("https://")
    pocket_casts_android = "subscribehttps" if encrypted else "subscribe"
    castro = "castros" if encrypted else "castro"
    overcast = f"overcast://x-callback-url/add?url={quote(feed_url, safe='')}"
    return (
        AppLink("Apple Podcasts", "iPhone, Mac", "ios mac", f"podcast://{host_and_path}"),
        AppLink("Overcast", "iPhone", "ios", overcast),
        AppLink("Pocket Casts", "iPhone", "ios", f"pktc://subscribe/{feed_url}"),
        AppLink("Castro", "iPhone", "ios", f"{castro}://subscribe/{host_and_path}"),
        AppLink("Pocket Casts", "Android", "android", f"pktc://{pocket_casts_android}/{host_and_path}"),
        AppLink((and_others or "{app}").format(app="AntennaPod"), "Android", "android", f"pcast:{feed_url}"),
        AppLink("Podcast Addict", "Android", "android", f"podcastaddict://{host_and_path}"),
    )


def public_links(feed_url: str, title: str) -> tuple[AppLink, ...]:
    """Return the links that pass through an app's website: for public feeds only."""
    address = quote(feed_url, safe="")
    antennapod = f"https://antennapod.org/deeplink/subscribe?url={address}&title={quote(title, safe='')}"
    coded = base64.urlsafe_b64encode(feed_url.encode()).decode("ascii").rstrip("=")
    youtube_music = f"https://music.youtube.com/library/podcasts?addrssfeed={coded}"
    return (
        AppLink("AntennaPod", "Android", "android", antennapod),
        AppLink("YouTube Music", "iPhone, Android, Web", "ios mac android other", youtube_music),
        AppLink("gPodder", "Windows, Linux", "other", f"https://gpodder.net/subscribe?url={address}"),
    )
