"""Opens, plays and taps: what people did with a page, as far as a log can tell it from programs.

Functions return SQL queries. Tables that they name: ``moments`` are requests for pages, calls and feeds that were
answered (status 200, or 304 for what the browser has), ``by_visitors`` what listeners got whose address also asked for
a page or a call of that feed; both with who asked.
"""

ONE_OPEN_MINUTES = 30
PLAY_WITHIN_HOURS = 4
TOGETHER_S = 2
TAP_AFTER_DAYS = 30

BY_PEOPLE = "kind IN ('browser', 'app')"
PLAYS_FOR_PAGES = "(kind = 'browser' OR app = 'AppleCoreMedia')"
"""Who fetches the sound of a page: the browser, or the system's player to which Safari hands it."""


def pages_by_people() -> str:
    """H1. Return a query of pages that people looked at: status 200 or 304, as a second visit only revalidates.

    Not: what the rules about sound set aside (F4 to F11), previews (H2) and scanners (H3).
    """
    return f"""
        SELECT * FROM moments
        WHERE what = 'page' AND rule = '' AND {BY_PEOPLE} AND id NOT IN (SELECT id FROM scanned)"""


def opens() -> str:
    """H1. Return a query of opens: pages that one address and agent fetched within 30 minutes of the last are one.

    ``via`` is the first way that one of them came by, "" where none did.
    """
    return f"""
        SELECT feed, address, agent, ANY_VALUE(block) AS block, ANY_VALUE(network) AS network, ANY_VALUE(app) AS app,
            ANY_VALUE(device) AS device, MIN(moment) AS moment, MIN(day) AS day,
            COALESCE(ARG_MIN(via, moment) FILTER (via <> ''), '') AS via, ARG_MIN(source, moment) AS source,
            ARG_MIN(id, moment) AS id
        FROM (
            SELECT p.*, SUM(CASE WHEN moment <= before + INTERVAL {ONE_OPEN_MINUTES} MINUTE THEN 0 ELSE 1 END)
                OVER (PARTITION BY feed, address, agent ORDER BY moment, id ROWS UNBOUNDED PRECEDING) AS number
            FROM (
                SELECT pages.*, LAG(moment) OVER (PARTITION BY feed, address, agent ORDER BY moment, id) AS before
                FROM pages) p)
        GROUP BY feed, address, agent, number"""


def previews() -> str:
    """H2. Return a query of link previews: that the link was pasted into a chat; once a feed, chat and day."""
    return """
        SELECT feed, app, day, MIN(device) AS device, MIN(network) AS network, MIN(moment) AS moment,
            ARG_MIN(source, moment) AS source, ARG_MIN(id, moment) AS id
        FROM moments
        WHERE what = 'page' AND kind = 'preview' AND NOT ours
        GROUP BY feed, app, day"""


def scanned() -> str:
    """H3. Return a query of the ids of pages and calls that one block of addresses fetched within two seconds.

    Agents aside: a mail gateway opens each link with another one. Other scanners are known by agent and network.
    """
    return f"""
        WITH pairs AS (
            SELECT p.id AS page, c.id AS call
            FROM moments p JOIN moments c ON p.feed = c.feed AND p.block = c.block
                AND c.moment BETWEEN p.moment - INTERVAL {TOGETHER_S} SECOND AND p.moment + INTERVAL {TOGETHER_S} SECOND
            WHERE p.what = 'page' AND c.what = 'call')
        SELECT page AS id FROM pairs UNION SELECT call FROM pairs"""


def page_sounds() -> str:
    """H5. Return a query of downloads that a page began: by a browser, within 4 hours of an open.

    The page fetches no sound before somebody presses play. On an iPhone the system fetches it for the browser, under
    another agent, so the address has to be the same and not the agent.
    """
    return f"""
        SELECT d.*
        FROM (SELECT * FROM by_visitors SEMI JOIN pages USING (feed, address) WHERE {PLAYS_FOR_PAGES}) d
        ASOF JOIN pages p ON d.feed = p.feed AND d.address = p.address AND d.began >= p.moment
        WHERE d.began <= p.moment + INTERVAL {PLAY_WITHIN_HOURS} HOUR"""


def plays() -> str:
    """H5. Return a query of plays on the page: each sound of a page, but one where Safari and its player share it.

    Safari may fetch some of the sound itself before it leaves the rest to the system's player: what that player fetched
    is no second play of an episode which a browser at the same address played that day.
    """
    return """
        SELECT * FROM page_sounds WHERE kind = 'browser'
        UNION ALL
        SELECT s.* FROM (SELECT * FROM page_sounds WHERE kind <> 'browser') s
        ANTI JOIN (SELECT * FROM page_sounds WHERE kind = 'browser') b USING (feed, episode, address, day)"""


def taps() -> str:
    """H4. Return a query of taps on the call to action; ``sure`` says whether a program would not have come this way.

    That is: more than two seconds after an open, a play or an app's download of that feed by the same address, at most
    30 days later; notes in apps lead to the call without a page.
    """
    return f"""
        WITH calls AS (
            SELECT * FROM moments
            WHERE what = 'call' AND rule = '' AND {BY_PEOPLE} AND id NOT IN (SELECT id FROM scanned)),
        before AS (
            SELECT feed, address, moment FROM opens
            UNION ALL SELECT feed, address, began FROM plays
            UNION ALL
            SELECT feed, address, began FROM by_visitors SEMI JOIN calls USING (feed, address) WHERE kind = 'app')
        SELECT t.*, COALESCE(t.moment <= b.moment + INTERVAL {TAP_AFTER_DAYS} DAY, FALSE) AS sure
        FROM calls t
        ASOF LEFT JOIN before b
            ON t.feed = b.feed AND t.address = b.address AND t.moment - INTERVAL {TOGETHER_S} SECOND > b.moment
        """
