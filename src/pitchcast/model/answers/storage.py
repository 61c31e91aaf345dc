"""What ``pitchcast storage`` answers."""

from pitchcast.model.answers.base import Answer


class StorageSetUp(Answer, frozen=True):
    """Whether the storage had to be opened to listeners, and was; the policy for people who only write.

    With ``--logs`` it is the same of access logs: ``logs`` is where they go, ``reader_policy`` is for whoever reads
    them, ``settings`` the file that names them now. ``problems`` are what is left to do by hand.
    """

    needed: bool
    changed: bool
    difference: str
    writer_policy: str = ""
    logs: str = ""
    reader_policy: str = ""
    settings: str = ""
    problems: tuple[str, ...] = ()
