"""A company's own look: kept with the show, so that every computer builds the same pages, and tried beforehand."""

import shutil
from pathlib import Path

from PIL import Image, ImageDraw

from tests.fixtures.program import Run

EXAMPLE = Path(__file__).parents[2] / "examples" / "brand"


def page_of(folder: Path, link: str) -> str:
    return (folder / "site" / "public" / link.strip().split("/")[3] / "index.html").read_text(encoding="utf-8")


def a_logo(path: Path, *, color: str = "#0b1f4d") -> Path:
    logo = Image.new("RGBA", (900, 300), (0, 0, 0, 0))
    ImageDraw.Draw(logo).rounded_rectangle((20, 40, 860, 260), radius=60, fill=color)
    logo.save(path, exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00")
    return path


def width_of(picture: Path) -> int:
    with Image.open(picture) as opened:
        return opened.width


def test_brand_of_the_settings_reaches_page_cover_and_every_computer(published: Path, pitchcast: Run) -> None:
    link = pitchcast("link", "acme-corp").out
    plain = page_of(published, link)
    covers = {path.name for path in published.glob("site/public/*/cover-*.jpg")}
    shutil.copytree(EXAMPLE, published / "brand")
    a_logo(published / "logo.png")
    settings = published / "pitchcast.toml"
    text = settings.read_text(encoding="utf-8")
    wanted = text.replace("[brand]\n", '[brand]\ntemplates = "brand"\nlogo = "logo.png"\n')
    settings.write_text(wanted, encoding="utf-8")
    told = pitchcast("show", "show")
    assert "brand.templates: pitchcast.toml says" in told.err
    dry = pitchcast("show", "apply", "--dry-run")
    assert dry.code == 0
    assert page_of(published, link) == plain
    assert pitchcast("show", "apply").code == 0
    branded = page_of(published, link)
    assert "Made for " in branded
    assert "Send it to a colleague of yours" in branded
    [logo] = published.glob("site/public/*/logo-*.png")
    assert f"/{logo.parent.name}/{logo.name}" in branded
    with Image.open(logo) as picture:
        assert picture.size == (640, 168)  # without the empty edges
        assert not picture.info.get("exif")
    drawn = [path for path in published.glob("site/public/*/cover-*.jpg") if path.name not in covers]
    assert sorted(map(width_of, drawn)) == [600, 3000]  # the page's, and the one for apps
    [small] = [path for path in drawn if path.stat().st_size <= 60_000]
    assert f'<img class="cover" id="cover" src="http://127.0.0.1:8760/{small.parent.name}/{small.name}"' in branded
    # A computer without the folder builds the same bytes.
    settings.write_text(text, encoding="utf-8")
    shutil.rmtree(published / "brand")
    (published / "logo.png").unlink()
    shutil.rmtree(published / "site" / "public")
    assert pitchcast("feeds", "build").code == 0
    assert page_of(published, link) == branded
    assert "example.com/privacy" in page_of(published, link)
    assert pitchcast("doctor", "--prune").code == 0
    assert pitchcast("show", "edit", "--templates", "", "--logo", "").code == 0
    assert page_of(published, link) == plain


def test_broken_template_or_logo_changes_nothing(published: Path, pitchcast: Run) -> None:
    link = pitchcast("link", "acme-corp").out
    before = {path: path.read_bytes() for path in (published / "site").rglob("*") if path.is_file()}
    folder = published / "mine"
    folder.mkdir()
    (folder / "listen.html").write_text(
        '{% extends "pitchcast/listen.html" %}\n\n{% block footer %}{{ titel }}{% endblock %}'
    )
    done = pitchcast("show", "edit", "--templates", folder)
    assert done.code == 1
    assert f"{Path('mine') / 'listen.html'}:3: 'titel' is undefined" in done.err
    (folder / "logo.png").write_bytes(b"no picture")
    assert "logo.png is not a picture" in pitchcast("show", "edit", "--logo", folder / "logo.png").err
    a_logo(folder / "logo.png").write_bytes((folder / "logo.png").read_bytes()[:400])
    assert pitchcast("show", "edit", "--logo", folder / "logo.png").code == 1
    assert {path: path.read_bytes() for path in (published / "site").rglob("*") if path.is_file()} == before
    assert pitchcast("link", "acme-corp").out == link


def test_who_it_is_from_reaches_page_cover_mail_and_gone_page(published: Path, pitchcast: Run) -> None:
    link = pitchcast("link", "acme-corp").out
    plain = page_of(published, link)
    covers = set(published.glob("site/public/*/cover-*.jpg"))
    Image.new("RGB", (500, 700), "teal").save(published / "dana.png")
    told = ("--role", "Cloud architect", "--contact", "dana@seller.example", "--company", "Seller Ltd")
    addresses = ("--company-url", "https://seller.example", "--imprint-url", "https://seller.example/imprint")
    done = pitchcast("show", "edit", *told, *addresses, "--photo", "dana.png", "--json").json
    assert (done["show"]["role"], done["brand"]["company"]) == ("Cloud architect", "Seller Ltd")
    page = page_of(published, link)
    for said in ("Cloud architect, Seller Ltd", "mailto:dana@seller.example", "https://seller.example/imprint"):
        assert said in page
    [photo] = published.glob("site/public/*/photo-*.jpg")
    assert f"/{photo.parent.name}/{photo.name}" in page
    assert photo.stat().st_size <= 12_000
    assert set(published.glob("site/public/*/cover-*.jpg")) > covers
    feed = next(published.glob(f"site/public/{link.strip().split('/')[3]}/feed.xml")).read_text(encoding="utf-8")
    assert "dana@seller.example" not in feed
    assert pitchcast("doctor", "--prune").code == 0
    photo.unlink()
    assert pitchcast("feeds", "build").code == 0
    assert photo.is_file()
    names = ("role", "contact", "company", "company-url", "imprint-url", "photo")
    assert pitchcast("show", "edit", *(part for name in names for part in (f"--{name}", ""))).code == 0
    assert page_of(published, link) == plain
    assert pitchcast("show", "edit", *told).code == 0
    assert pitchcast("feeds", "rotate", "acme-corp", "--yes").code == 0
    assert "Cloud architect" in page_of(published, link)


def test_photo_and_texts_of_the_settings_are_applied_and_told_apart(published: Path, pitchcast: Run) -> None:
    Image.new("RGB", (300, 300), "teal").save(published / "dana.png")
    settings = published / "pitchcast.toml"
    text = settings.read_text(encoding="utf-8")
    wanted = text.replace("[show]\n", '[show]\nphoto = "dana.png"\nrole = "Architect"\n')
    settings.write_text(wanted, encoding="utf-8")
    told = pitchcast("show", "show", "--json").json["differences"]
    assert [one.partition(":")[0] for one in told] == ["show.role", "show.photo"]
    assert pitchcast("show", "apply", "--json").json["differences"] == []
    assert pitchcast("show", "edit", "--contact", "call me").err.startswith("Error: --contact: must be an e-mail")
