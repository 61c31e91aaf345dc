"""Which requests for sound make a download, and which do not: the published rules, each a function of its own.

PTM is IAB Tech Lab's Podcast Technical Measurement Guidelines 2.3. A function that is named like a condition returns
SQL for a row of the requests (*row*, ``r`` unless said otherwise) or of the agents (``a``), which is never null. F1,
T2, U2 and W1 are settled when logs are read, and F9 has no function: a referrer is never looked at [PTM 1.2.3].
docs/how-downloads-are-counted.md tells all of it in prose.

What follows from an agent's text alone is worked out once for each agent: see ``agent_facts``.
"""

from collections.abc import Mapping

MOST_FEEDS_A_DAY = 20
MOST_AGENTS_A_DAY = 50
"""What one address can have to do with in a day before it is taken for many people or for a program."""
FEWEST_OF_CROWDED = min(MOST_FEEDS_A_DAY, MOST_AGENTS_A_DAY)
"""An address with no more requests than these has no more feeds or agents either."""

_MORE_THAN_ANY = (1 << 63) - 1


# ---- what may be counted at all


def is_answered_with_sound(row: str = "r") -> str:
    """F2. Status 200 or 206; what was not modified, not found or broken off before it began is nothing [PTM 1.3.2]."""
    return f"{row}.status IN (200, 206)"


def is_more_than_a_look(row: str = "r") -> str:
    """F3. Not a request for two bytes, by which players find out whether a server knows ranges [PTM 1.2.6]."""
    return f"({row}.sent > 2 AND COALESCE({row}.last, 2) > 1)"


def has_no_agent(agent: str = "a") -> str:
    """F4. No agent at all, or ``-`` [PTM 1.2.4]."""
    return f"COALESCE({agent}.kind, 'none') = 'none'"


def is_program(agent: str = "a") -> str:
    """F5. An agent that lists of programs name, or that fetches for a preview or a look at a link [PTM 1.2.5]."""
    return f"COALESCE({agent}.kind, '') IN ('program', 'preview', 'scanner')"


def is_watch(agent: str = "a") -> str:
    """F6. A watch, which fetches again what the telephone beside it has fetched [PTM 1.2.7, 8.1]."""
    return f"COALESCE({agent}.kind, '') = 'watch'"


def is_in_data_centre(row: str = "r") -> str:
    """F7. A data centre's network or Tor; a VPN and Apple's relay are kept: prospects sit behind both [PTM 1.2.2]."""
    return f"{row}.network IN ('hosting', 'tor')"


def crowded_addresses(requests: str, busy: str) -> str:
    """F8. Return a query of a day's addresses with more than 20 feeds or 50 agents [PTM 1.2.1].

    *requests* is a table of one day, *busy* one of the addresses with more requests than ``FEWEST_OF_CROWDED``: no
    others are looked at. Networks that the company wants counted are left out.
    """
    return f"""
        SELECT address FROM {requests}
        WHERE network <> 'kept' AND address IN (SELECT address FROM {busy})
        GROUP BY address
        HAVING COUNT(DISTINCT feed) > {MOST_FEEDS_A_DAY} OR COUNT(DISTINCT agent) > {MOST_AGENTS_A_DAY}"""


def own_addresses(requests: str) -> str:
    """F10. Return a query of the addresses from which one of us sent a signed request; *requests* are of one day."""
    return f"SELECT DISTINCT address FROM {requests} WHERE signed"


def is_ours(row: str = "r", agent: str = "a") -> str:
    """F10. Our own: one of the company's networks, pitchcast itself, or signed; addresses: see ``own_addresses``."""
    return f"({row}.network = 'own' OR COALESCE({agent}.is_ours, FALSE))"


def is_for_cdn(row: str = "r", agent: str = "a") -> str:
    """F11. A content delivery network's own fetch in the log of what lies behind it; its own log has the listeners."""
    return f"({row}.network = 'cdn' OR COALESCE({agent}.is_for_cdn, FALSE))"


def agent_facts() -> str:
    """Return the columns that ``is_ours`` (F10) and ``is_for_cdn`` (F11) need of an agent, made from its text."""
    return "LOWER(text) LIKE 'pitchcast%' AS is_ours, text = 'Amazon CloudFront' AS is_for_cdn"


# ---- how much of it makes a download


def known_size(row: str = "r") -> str:
    """T1. How large the file is, which no sum exceeds; more than any file where nobody knows."""
    return f"CASE WHEN {row}.size > 0 THEN {row}.size ELSE {_MORE_THAN_ANY} END"


def known_start(row: str = "r") -> str:
    """T1. Where in the file begins what was sent, null where nobody knows; status 200 begins at the start."""
    return f"COALESCE({row}.first, CASE WHEN {row}.status = 200 THEN 0 END)"


def known_end(row: str = "r") -> str:
    """T1. Behind which byte ends what was sent: as far as it was sent, not as far as it was promised [PTM 5.5.3]."""
    return (
        f"LEAST({known_start(row)} + {row}.sent, {known_size(row)},"
        f" CASE WHEN {row}.last >= {known_start(row)} THEN {row}.last + 1 ELSE {known_size(row)} END)"
    )


def listener_of_a_day() -> str:
    """U1. The columns that tell one listener of an episode from another on a day of UTC [PTM 5.5.4].

    Feed, episode, IPv4 address or IPv6 /64, and agent. U3, that play, pause and play again is one download, follows:
    whatever one listener fetches is added up.
    """
    return "feed, episode, address, agent"


def listeners(sums: str, again: str, key: str) -> str:
    """L1. Return a query of downloads, listeners and bytes by *key*: a listener has an address and an agent [PTM 6.2].

    Who had one download in the period is one listener of whatever that is of, so only the others are compared: *sums*
    has downloads, and how many of them are ``traced`` to a listener, *again* each download of those who had more.
    """
    return f"""
        SELECT key, CAST(SUM(downloads) AS BIGINT), CAST(SUM(listeners) AS BIGINT), CAST(SUM(sent) AS BIGINT)
        FROM (
            SELECT {key} AS key, r.downloads, r.traced AS listeners, r.sent FROM {sums}
            UNION ALL
            SELECT key, 0, 1 - COUNT(*), 0
            FROM (SELECT {key} AS key, r.address, r.agent FROM {again})
            GROUP BY key, address, agent)
        GROUP BY key"""


# ---- what was set aside, by the first rule that says so

SET_ASIDE: Mapping[str, str] = {
    "F2": "answers without sound",
    "F3": "looks at two bytes",
    "F10": "your own",
    "F11": "a content delivery network's own fetches",
    "F4": "no agent",
    "F6": "watches",
    "F5": "programs",
    "F7": "data centres and Tor",
    "F8": "addresses with too many feeds or agents",
    "T1": "less than a minute",
}
"""What each rule sets aside, in words."""


def set_aside_by(row: str = "r", agent: str = "a") -> str:
    """Return SQL for the id of the rule that sets a request aside for who asked, "" for none.

    *row* has ``ours`` and ``crowded`` besides, which say whether its address is one that day.
    """
    cases = {
        "F10": f"{row}.ours OR {is_ours(row, agent)}",
        "F11": is_for_cdn(row, agent),
        "F4": has_no_agent(agent),
        "F6": is_watch(agent),
        "F5": is_program(agent),
        "F7": is_in_data_centre(row),
        "F8": f"{row}.crowded",
    }
    whens = " ".join(f"WHEN {condition} THEN '{rule}'" for rule, condition in cases.items())
    return f"CASE {whens} ELSE '' END"
