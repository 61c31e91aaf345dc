"""What addresses tell the access log: whose feed led to audio, from whose page a link came, and calls to action.

A log sees nothing but addresses, so whatever statistics are to count must stand in one. All of these names are here;
``page/templates/listen.js`` writes two of them as well, and a test compares.
"""

import hashlib

AUDIO_QUERY = "x-feed"
"""The parameter by which the access log tells whose feed led to audio that feeds share.

S3 leaves parameters that begin with ``x-`` alone and logs them [Amazon S3 User Guide, "Custom access log information"].
"""
SHARE_QUERY = "via"
"""The parameter by which the access log tells from whose page a listener came: one mark for each step, with dots."""
CALL_NAME = "call.html"
"""The file in a feed's folder through which its call to action leads, so that the access log counts it."""

MARK_PATTERN = "[0-9a-f]{8}"
NO_MARK = "00000000"
"""A mark in the shape of any other, for looks at the storage that no feed has led to."""

_MARK_LENGTH = 8


def mark_of(path: str) -> str:
    """Return what stands for the feed in that folder: it follows from the path and does not betray it."""
    return hashlib.sha256(path.encode()).hexdigest()[:_MARK_LENGTH]


def audio_query(mark: str) -> str:
    """Return what follows the question mark in the address of shared audio."""
    return f"{AUDIO_QUERY}={mark}"


def share_query(mark: str) -> str:
    """Return what follows the question mark in the address of a page that is passed on."""
    return f"{SHARE_QUERY}={mark}"
