"""Actions in our examples are named by their commits."""

from tests.supply.actions import actions, movable, without_version, workflows


def test_every_action_is_named_by_a_commit_and_its_version() -> None:
    texts = list(workflows())
    assert any(actions(text) for _, text in texts)
    assert [(place, action) for place, text in texts for action in movable(text)] == []
    assert [(place, line) for place, text in texts for line in without_version(text)] == []
