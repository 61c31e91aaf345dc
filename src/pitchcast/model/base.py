"""The one way in which pitchcast's data is declared: frozen, by keyword, and refusing fields it does not know.

Unknown fields are an error because an older pitchcast that dropped them silently would erase a colleague's data.
A name that was ever stored stays: an attribute that is called otherwise by now has the stored name in
``msgspec.field(name=…)``. Rows are stored without names.
"""

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Frozen data that becomes a JSON object; fields that hold their default are left out."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True, gc=False):
    """Frozen data that becomes a JSON array, for what a catalog holds by the ten thousand.

    Rows hold no references to one another, so the garbage collector need not look at them: loading is a third faster.
    """
