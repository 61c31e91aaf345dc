"""What a kept request is: the columns of the Parquet files under ``private/analytics/``, and where they lie.

Only types that every engine knows: signed integers, booleans, texts and moments in UTC.
"""

from typing import Literal

from pitchcast.model.layout import ANALYTICS

What = Literal["audio", "page", "call", "feed", "cover", "transcript"]
"""What was asked for: ``cover`` is any picture, ``transcript`` also an episode's chapters."""
NetworkKind = Literal["home", "hosting", "vpn", "relay", "tor", "cdn", "own", "kept", "other"]
"""``own`` is one of the company's networks, ``kept`` one that it wants counted whatever it looks like."""
AgentKind = Literal["app", "browser", "program", "preview", "scanner", "watch", "none"]

FORMAT_VERSION = 1
"""The shape of all these files; a pitchcast that knows only older ones refuses to touch them."""

FORMAT_KEY = f"{ANALYTICS}format.json"
KEYS_KEY = f"{ANALYTICS}keys.json"
REQUESTS = f"{ANALYTICS}requests/"
AGENTS_KEY = f"{ANALYTICS}agents.parquet"
FILES_KEY = f"{ANALYTICS}files.json.gz"
READ_KEY = f"{ANALYTICS}read.json.gz"
TOLD_KEY = f"{ANALYTICS}told.json.gz"
EXPORTED_KEY = f"{ANALYTICS}exported.json.gz"
SUMMARY_KEY = f"{ANALYTICS}summary.json.gz"
TOTALS = f"{ANALYTICS}totals/"

REQUEST_COLUMNS = {
    "id": "BIGINT",
    "requested_at": "TIMESTAMPTZ",
    "feed": "VARCHAR",
    "what": "VARCHAR",
    "episode": "VARCHAR",
    "status": "SMALLINT",
    "sent": "BIGINT",
    "size": "BIGINT",
    "need": "BIGINT",
    "first": "BIGINT",
    "last": "BIGINT",
    "address": "BIGINT",
    "block": "BIGINT",
    "network": "VARCHAR",
    "agent": "BIGINT",
    "via": "VARCHAR",
    "signed": "BOOLEAN",
    "assumed": "BOOLEAN",
    "source": "VARCHAR",
}
"""A request's columns in their order, with DuckDB's types; rows are sorted by feed and moment.

``id`` says which line it was. ``feed`` is the feed's id, ``episode`` the episode's, "" where the file is none's.
``sent`` is what was sent of the body, ``size`` what the whole file has, ``need`` how much of it makes a download; both
are 0 for what is no audio. ``first`` and ``last`` are the range that was sent, both ends included, null where that is
not known. ``address`` and ``block`` are keyed hashes of the IPv4 address or IPv6 /64, and of the /24 or /48; they can
be compared within a quarter of a year. ``agent`` is a row of the agents. ``via`` are the marks of the feeds that a page
was passed on from, "" without. ``signed`` says that it was one of us who asked, ``assumed`` that the log did not say
how much was sent. ``source`` is the name of the log.
"""

AGENT_COLUMNS = {
    "id": "BIGINT",
    "text": "VARCHAR",
    "kind": "VARCHAR",
    "app": "VARCHAR",
    "device": "VARCHAR",
    "os": "VARCHAR",
    "lists": "VARCHAR",
}
"""An agent's columns: its text, what it is, and the versions of the lists by which that was decided."""


def columns_sql(columns: dict[str, str]) -> str:
    """Return columns as SQL declares them."""
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
