"""What ``pitchcast show`` answers."""

from pitchcast.model.answers.base import Answer
from pitchcast.model.base import Record
from pitchcast.model.show import Brand, Show


class ShowAnswer(Answer, frozen=True):
    """The show as the catalog has it.

    ``differences`` are what pitchcast.toml says otherwise. ``settings_changed`` are the keys, such as ``show.title``,
    that were changed in it along with the show, or would be.
    """

    show: Show
    brand: Brand
    public_url: str
    catalog_revision: int
    differences: tuple[str, ...] = ()
    settings_changed: tuple[str, ...] = ()


class Difference(Record, frozen=True):
    """One setting that pitchcast.toml and the catalog see differently."""

    key: str
    in_settings: str
    in_catalog: str

    def __str__(self) -> str:
        """Return the difference as one line."""
        return f"{self.key}: pitchcast.toml says “{self.in_settings}”, the show has “{self.in_catalog}”"
