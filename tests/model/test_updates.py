"""What an update changes of a prospect, and when it makes somebody else of one."""

import pytest

from pitchcast.model.prospect import Prospect
from pitchcast.model.updates import Update, changed_fields, makes_somebody_else, too_many_renamed


def an_update(before: tuple[str, str, str], after: tuple[str, str, str]) -> Update:
    """Take name, company and e-mail address before and after."""
    old, new = (Prospect("jo-doe", name, company, email, "7") for name, company, email in (before, after))
    return Update(2, old, new)


@pytest.mark.parametrize(
    ("before", "after", "is_other"),
    [
        pytest.param(
            ("Jo Doe", "Acme", "jo@acme.example"), ("Zenith", "Zenith", "info@zenith.example"), True, id="all"
        ),
        pytest.param(
            ("Jo Doe", "Acme", "jo@acme.example"), ("Jo Roe", "Zenith", "jr@zenith.example"), True, id="a word"
        ),
        pytest.param(
            ("Jo Doe", "Acme", "jo@acme.example"), ("Ana Roe", "Acme Inc", "a@acme.example"), False, id="firm"
        ),
        pytest.param(
            ("Jo Doe", "Acme", "jo@acme.example"), ("Jo Doe", "Zenith", "jo@z.example"), False, id="a new job"
        ),
        pytest.param(("Jo Doe", "", "jo@acme.example"), ("Ana Roe", "", "ana@zenith.example"), True, id="no company"),
        pytest.param(("Jo Doe", "", "jo@acme.example"), ("Jo Roe", "", "jo.roe@acme.example"), False, id="married"),
        pytest.param(("Jo Doe", "", "jo@acme.example"), ("Ana Roe", "", "JO@acme.example"), False, id="same address"),
        pytest.param(
            ("Jo Doe", "", "jo@acme.example"), ("Zenith", "Zenith", ""), True, id="nothing to compare but names"
        ),
        pytest.param(("Acme", "", ""), ("Acme Renamed", "", ""), False, id="a word more"),
        pytest.param(("Acme North", "", ""), ("Acme Nordic GmbH", "", ""), False, id="a word in common"),
        pytest.param(("Acme Inc", "", ""), ("Zenith Inc", "", ""), True, id="the legal form is nothing in common"),
        pytest.param(("Doe, Jo", "", ""), ("Jo Doe", "", ""), False, id="order of words"),
        pytest.param(("Jöhn Müller", "", ""), ("John Mueller", "", ""), False, id="spelling"),
        pytest.param(("北京科技", "", ""), ("北京科技有限公司", "", ""), False, id="without spaces"),
        pytest.param(("北京", "", ""), ("上海", "", ""), True, id="two cities"),
    ],
)
def test_somebody_else(before: tuple[str, str, str], after: tuple[str, str, str], is_other: bool) -> None:
    assert makes_somebody_else(an_update(before, after)) == is_other


def test_many_are_more_than_a_tenth_and_more_than_a_few() -> None:
    one = an_update(("Jo Doe", "", "jo@x.example"), ("Ana Roe", "", "jo@x.example"))
    assert too_many_renamed([one] * 5, 49) == (one,) * 5
    assert too_many_renamed([one] * 5, 50) == ()
    assert too_many_renamed([one] * 4, 4) == ()
    same = an_update(("Jo Doe", "", "jo@x.example"), ("Dr. Jo Doe", "", "jo@x.example"))
    assert too_many_renamed([same] * 50, 50) == ()


def test_the_fields_that_differ() -> None:
    update = an_update(("Jo Doe", "Acme", "jo@x.example"), ("Jo Roe", "Acme", ""))
    assert list(changed_fields(update)) == [("name", "Jo Doe", "Jo Roe"), ("email", "jo@x.example", "")]
