"""Deals of a CRM, and which prospects each of them is about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pitchcast.model.external_ids import RecordId, record_id
from pitchcast.model.legal_forms import Parts
from pitchcast.model.prospect import Prospect, name_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something happened to a deal, as exactly as the list says it: UTC; a day alone is its beginning."""

    at: datetime
    has_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A row of a list of deals. ``row`` is its number there; dates are None where the list has none."""

    row: int
    id: str
    name: str
    stage: str = ""
    amount: str = ""
    created: Moment | None = None
    closed: Moment | None = None
    contact_ids: tuple[str, ...] = ()
    company_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()


class DealMatch(NamedTuple):
    """The prospects that a deal is about, and by what that is known; nobody, and ``why``, where it is not."""

    prospects: tuple[str, ...]
    by: str
    why: str = ""


class DealMatcher:
    """Finds the prospects of deals: by the ids of its contacts and companies, by addresses, else by company."""

    def __init__(self, prospects: Sequence[Prospect]) -> None:
        self._by_record: dict[RecordId, list[str]] = defaultdict(list)
        self._by_email: dict[str, list[str]] = defaultdict(list)
        self._by_company: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for prospect in prospects:
            self._by_record[prospect.record].append(prospect.id)
            self._by_email[prospect.email.casefold()].append(prospect.id)
            for name in dict.fromkeys((prospect.company, prospect.name)):
                parts = name_parts(name)
                self._by_company[parts.core].append((prospect.id, parts.form))

    def match(self, deal: Deal) -> DealMatch:
        """Return whom a deal is about; what says it most surely decides."""
        records = [
            record_id(deal.id, "deal"),
            *(record_id(one, "contact") for one in deal.contact_ids),
            *(record_id(one, "company") for one in deal.company_ids),
        ]
        by_id = [found for record in records if record.id for found in self._by_record.get(record, ())]
        if by_id:
            return DealMatch(_once(by_id), "id")
        by_email = [found for email in deal.emails for found in self._by_email.get(email.casefold(), ())]
        if by_email:
            return DealMatch(_once(by_email), "e-mail address")
        return self._by_companies(deal)

    def _by_companies(self, deal: Deal) -> DealMatch:
        found: list[str] = []
        for company in deal.companies:
            parts = name_parts(company)
            alike = self._by_company.get(parts.core, []) if parts.core else []
            if _mean_several(parts, alike):
                return DealMatch((), "", f"“{company}” means several companies")
            found += [prospect for prospect, own_form in alike if _may_be_one(own_form, parts.form)]
        if found:
            return DealMatch(_once(found), "company")
        return DealMatch((), "", _why_nobody(deal))


def _mean_several(wanted: Parts, alike: Iterable[tuple[str, str]]) -> bool:
    """Return whether those who are named *alike* have several legal forms, and the wanted company none of these."""
    forms = {form for _, form in alike if form}
    return len(forms) > 1 and wanted.form not in forms


def _may_be_one(form: str, other: str) -> bool:
    """Return whether two legal forms may be those of one company, which is often named without its form."""
    return form == other or not form or not other


def _why_nobody(deal: Deal) -> str:
    if deal.contact_ids or deal.company_ids or deal.emails or deal.companies:
        return "none of the show's prospects is in it"
    return "it names no contact and no company"


def _once(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
