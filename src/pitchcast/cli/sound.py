"""How long something is and how it sounds, in words; the numbers are for those who ask, with ``-v``."""

_QUIETEST_LUFS, _LOUDEST_LUFS = -18.0, -13.0
"""As heard: Apple asks for -16 give or take 1, Spotify for -14; within this nobody reaches for the volume."""

_MAY_DISTORT_DBTP = 0.0


def length(seconds: float) -> str:
    """Return how long something is as people say it: ``38 s``, ``4 min``, ``1 h 5 min``."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def sound(heard_lufs: float, true_peak_dbtp: float) -> str:
    """Return how something sounds among podcasts, as what follows ``sound``."""
    if true_peak_dbtp > _MAY_DISTORT_DBTP:
        return "may distort: its peaks are too high"
    return loudness(heard_lufs) or "fine for podcast apps"


def loudness(heard_lufs: float) -> str:
    """Return by what one would reach for the volume, "" where nobody does."""
    if heard_lufs < _QUIETEST_LUFS:
        return "quieter than other podcasts"
    return "louder than other podcasts" if heard_lufs > _LOUDEST_LUFS else ""


def numbers(heard_lufs: float, true_peak_dbtp: float, verbose: int) -> str:
    """Return loudness and peaks behind a word about them, "" where nobody asked."""
    return f" ({heard_lufs:.1f} LUFS as heard, peaks {true_peak_dbtp:.1f} dBTP)" if verbose else ""
