"""Who comes back for the feed itself: how many subscribers a feed seems to have, by app."""

CLAIMED_WITHIN_DAYS = 7
SEEN_WITHIN_DAYS = 14
SEEN_ON_DAYS = 2


def claimed_subscribers(agent: str = "a") -> str:
    """C1. SQL for how many subscribers an aggregator's agent says that it asks for, null where it says nothing."""
    return f"CAST(NULLIF(REGEXP_EXTRACT({agent}.text, '([0-9]{{1,7}}) subscribers?', 1), '') AS BIGINT)"


def subscribers() -> str:
    """C1. Return a query of subscribers by feed and app, as they were on the day ``$last``.

    An aggregator's own claim, the largest of 7 days; else the addresses from which an app fetched the feed on 2 of 14
    days. Programs count here: most apps that fetch feeds are some. Browsers and what has no agent do not.
    """
    return f"""
        WITH fetches AS (
            SELECT m.feed, m.address, m.day, COALESCE(NULLIF(m.app, ''), SPLIT_PART(a.text, '/', 1)) AS app,
                CASE WHEN m.day > CAST($last AS DATE) - {CLAIMED_WITHIN_DAYS} THEN {claimed_subscribers()} END AS claim
            FROM moments m JOIN agents a ON m.agent = a.id
            WHERE m.what = 'feed' AND m.rule NOT IN ('F10', 'F11') AND a.kind IN ('app', 'program', 'watch')
                AND m.day > CAST($last AS DATE) - {SEEN_WITHIN_DAYS} AND m.day <= CAST($last AS DATE)),
        seen AS (
            SELECT feed, app, COUNT(*) AS addresses
            FROM (
                SELECT feed, app, address FROM fetches
                GROUP BY feed, app, address HAVING COUNT(DISTINCT day) >= {SEEN_ON_DAYS})
            GROUP BY feed, app)
        SELECT c.feed, c.app, COALESCE(c.claim, s.addresses) AS subscribers
        FROM (SELECT feed, app, MAX(claim) AS claim FROM fetches GROUP BY feed, app) c
        LEFT JOIN seen s ON c.feed = s.feed AND c.app = s.app
        WHERE COALESCE(c.claim, s.addresses) > 0"""
