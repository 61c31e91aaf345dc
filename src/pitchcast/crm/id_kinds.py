"""Of which kind of record the external ids of a list are, by its headers."""

from collections.abc import Sequence

from pitchcast.crm.columns import Columns
from pitchcast.model.external_ids import IdKind, kind_in
from pitchcast.model.naming import compare_form

_UNSAID = {"id", "record id", "hs object id"}
"""Headers under which HubSpot, Zoho, Pipedrive and Salesforce write ids of every kind."""

_DEALS = {"deal name", "deal stage", "deal title", "opportunity name", "potential name"}
_COMPANIES = {"company name", "company domain name", "account name", "organization name", "domain"}


def find_id_kind(header: Sequence[str], columns: Columns) -> IdKind:
    """Return the kind of a list's ids: as their header says; under one that leaves it open, as the other columns say.

    "" is one that cannot be told, or a list without ids.
    """
    if not columns.external_id:
        return ""
    form = compare_form(header[columns.external_id[0]])
    if form in _UNSAID:
        return _by_others({compare_form(cell) for cell in header}, columns)
    return kind_in(form)


def _by_others(forms: set[str], columns: Columns) -> IdKind:
    """Return the kind of records that have such columns; "" where they may be several."""
    names_person = bool(columns.first_name or columns.last_name or columns.email)
    names_company = not forms.isdisjoint(_COMPANIES)
    owned = _owned(forms)
    if owned == "lead" and names_person:
        return "lead"  # Zoho's leads have the columns of its contacts
    if not forms.isdisjoint(_DEALS):
        return "" if names_person else "deal"
    if names_person:
        return "contact"
    has_own_names = bool(columns.name) and columns.name != columns.company
    return "company" if names_company and not has_own_names else ""


def _owned(forms: set[str]) -> IdKind:
    """Return the kind of record that has an owner in the list, "" where several have or none."""
    kinds = {kind_in(form.removesuffix(" owner")) for form in forms if form.endswith(" owner")} - {""}
    return kinds.pop() if len(kinds) == 1 else ""
