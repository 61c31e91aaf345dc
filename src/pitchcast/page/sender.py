"""Who a page is from: the host's role, photo and contact, and the company with what it says about itself."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import clean_text
from pitchcast.page.policy import safe_url


@dataclass(frozen=True, kw_only=True)
class SenderView:
    """Whom a page is from, as templates show it; what nobody has set is "". ``line`` is role and company in one."""

    name: str
    role: str
    company: str
    company_url: str
    line: str
    photo_url: str
    contact: str
    contact_url: str
    imprint_url: str
    privacy_url: str


def sender_of(content: FeedContent) -> SenderView | None:
    """Return whom the pages of a show are from, None where nobody has said more than the host's name."""
    show, brand = content.show, content.brand
    role, company, contact = clean_text(show.role), clean_text(brand.company), clean_text(show.contact)
    view = SenderView(
        name=clean_text(show.host),
        role=role,
        company=company,
        company_url=safe_url(brand.company_url) if company else "",
        line=in_one_line(role, company),
        photo_url=content.photo_url,
        contact=re.sub(r"^https?://", "", contact).rstrip("/"),
        contact_url=safe_url(_contact_url(contact)),
        imprint_url=safe_url(brand.imprint_url),
        privacy_url=safe_url(brand.privacy_url),
    )
    said = (view.line, view.photo_url, view.contact, view.imprint_url, view.privacy_url)
    return view if any(said) else None


def in_one_line(*parts: str) -> str:
    """Return what there is of some parts, with commas between."""
    return ", ".join(filter(None, parts))


def signature_of(content: FeedContent, host: str) -> str:
    """Return the lines at the end of a mail: the host; for the show's own host also role, and how to reach them."""
    show, brand = content.show, content.brand
    is_show_host = host == show.host
    line = in_one_line(show.role if is_show_host else "", brand.company)
    lines = (host, line, show.contact if is_show_host else "", brand.company_url)
    return "\n".join(filter(None, (" ".join(clean_text(text).split()) for text in lines)))


def _contact_url(contact: str) -> str:
    if contact.casefold().startswith(("https://", "http://")):
        return contact
    if "@" in contact:
        return f"mailto:{quote(contact, safe='@')}"
    return f"tel:{re.sub(r'[^0-9+]', '', contact)}" if contact else ""
