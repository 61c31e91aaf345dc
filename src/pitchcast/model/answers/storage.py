"""What ``pitchcast storage`` answers."""

from pitchcast.model.answers.base import Answer


class StorageSetUp(Answer, frozen=True):
    """Whether the storage had to be opened to listeners, and was; the policy for people who only write."""

    needed: bool
    changed: bool
    difference: str
    writer_policy: str
