"""By which rules something was counted: the guidelines, and the SHA-256 of each module that holds rules."""

import hashlib
from importlib.resources import files

GUIDELINES = "IAB Tech Lab Podcast Technical Measurement Guidelines 2.3"

_MODULES = (
    *("rules.py", "day_books.py", "audience.py", "visits.py", "passing_on.py", "signals.py", "targets.py"),
    *("networks.py", "agents.py", "apps.py"),
)


def rule_versions() -> dict[str, str]:
    """Return the SHA-256 of the rules by module; line ends do not matter."""
    package = files("pitchcast.analytics")
    bodies = {name: (package / name).read_bytes().replace(b"\r\n", b"\n") for name in _MODULES}
    return {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
