"""Covers: drawn ones for any words, given ones made fit or refused with the reason."""

import hashlib
import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageDraw, PngImagePlugin

from pitchcast.artwork import lettering
from pitchcast.artwork.cover import cover_artwork, draw_cover, make_thumbnail, prepare_cover
from pitchcast.artwork.lettering import font_files, set_text
from pitchcast.errors import FileError
from pitchcast.model.show import Brand

HOSTILE = [
    pytest.param("", id="nothing"),
    pytest.param("x" * 10_000, id="10,000 letters in one word"),
    pytest.param("word " * 2_000, id="10,000 letters in words"),
    pytest.param("😀🎉👩‍👩‍👧‍👦 Party 🇩🇪", id="emoji"),
    pytest.param("فواتير السحابة بالعربية 2026 (AWS)", id="Arabic"),
    pytest.param("חשבונות ענן", id="Hebrew"),
    pytest.param("日本語のポッドキャストを聞いてください", id="Japanese"),
    pytest.param("क्लाउड बिल ขอบคุณครับ", id="Devanagari and Thai"),
    pytest.param(
        "a\x00b\x1b[31mc\u202ed\u2066e\ud800f\ue000g\U0010ffffh", id="controls, overrides, surrogates, private"
    ),
    pytest.param("Z" + "\u0301\u0323" * 150, id="150 accents on one letter"),
    pytest.param("\ufdfd" * 40, id="the widest letter"),
    pytest.param("- - - --- -", id="hyphens"),
    pytest.param("\u0301 \u200d", id="marks without a letter"),
]


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def difference(a: Image.Image, b: Image.Image) -> int:
    """Return how far the most different channel of any pixel is."""
    return max(high for _, high in ImageChops.difference(a, b).getextrema())


@pytest.mark.parametrize("title", HOSTILE)
def test_cover_of_any_words_is_what_directories_take(title: str) -> None:
    data = draw_cover(title, title)
    cover = opened(data)
    assert (cover.format, cover.mode, cover.size) == ("JPEG", "RGB", (3000, 3000))
    assert len(data) < 500_000
    assert len(make_thumbnail(data)) <= 60_000


def test_same_words_give_the_same_cover_and_others_another() -> None:
    once = draw_cover("Cloud bills, explained", "Dana Reyes")
    assert draw_cover("Cloud bills, explained", "Dana Reyes") == once
    assert draw_cover("Cloud bills, explained", "Sam Okafor") != once


def test_colour_follows_from_the_title() -> None:
    grounds = {opened(draw_cover(title, "")).getpixel((5, 5)) for title in ("A", "B", "C")}
    assert len(grounds) > 1


def test_brand_colours_are_the_cover_s() -> None:
    cover = opened(draw_cover("Cloud bills, explained", "Dana Reyes", Brand(color="#336699", accent="#ffee00")))
    assert difference(cover.crop((2, 2, 3, 3)), Image.new("RGB", (1, 1), "#336699")) <= 3  # JPEG's rounding
    row = cover.crop((0, 2130, 3000, 2131))  # through the bars of the wave
    pixels = row.convert("RGB").tobytes()
    yellow = sum(pixels[n] > 240 and pixels[n + 1] > 220 and pixels[n + 2] < 40 for n in range(0, len(pixels), 3))
    assert yellow > 800


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_set_inside_its_box(text: str) -> None:
    setting = set_text(text, width_px=1000, height_px=600, largest_px=200, smallest_px=60)
    assert setting.height_px <= 600 + len(setting.lines)
    page = Image.new("L", (1400, 1000))
    lettering.draw_text(ImageDraw.Draw(page), setting, 200, 200, 1000, "white")
    widths = [lettering._width(line, setting.size_px) for line in setting.lines]
    assert max(widths, default=0) <= 1000


def test_long_text_is_set_smaller_and_too_long_a_text_is_cut() -> None:
    box = {"width_px": 2520, "height_px": 1500, "largest_px": 460, "smallest_px": 120}
    short = set_text("Ideas", **box)
    longer = set_text("Ideas that make a quarterly review thirty minutes shorter", **box)
    endless = set_text("word " * 400, **box)
    crowded = set_text("word " * 20, **{**box, "height_px": 300})
    assert short.size_px == 460
    assert 120 < longer.size_px < 460
    assert endless.size_px < longer.size_px
    assert (crowded.size_px, len(crowded.lines)) == (120, 2)
    for cut in (endless, crowded):
        assert cut.lines[-1][-1].runs[-1][1].endswith("…")


def test_machine_without_fonts_still_draws_latin_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering, "_candidates", lambda: ("",))
    lettering._font_with.cache_clear()
    try:
        setting = set_text("Cloud bills 日本", width_px=2520, height_px=1500, largest_px=460, smallest_px=120)
        words = ["".join(text for _, text in token.runs) for line in setting.lines for token in line]
        assert words == ["Cloud", "bills"]
    finally:
        lettering._font_with.cache_clear()


def test_damaged_font_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Broken-Bold.ttf").write_bytes(b"not a font")
    [file] = font_files((tmp_path,))
    assert not lettering._has(file, "A")


def test_fonts_are_tried_best_first(tmp_path: Path) -> None:
    for name in ("zzz.ttf", "NotoSansThai-Bold.ttf", "notes.txt", "NotoColorEmoji.ttf", "DejaVuSans-Bold.ttf"):
        (tmp_path / name).touch()
    names = [Path(file).name for file in font_files((tmp_path,))]
    assert names == ["DejaVuSans-Bold.ttf", "NotoSansThai-Bold.ttf", "zzz.ttf", "NotoColorEmoji.ttf"]


def a_picture(mode: str = "RGB", size: tuple[int, int] = (1500, 1500), colour: object = (200, 40, 60)) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def saved(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)
    return path


def test_picture_that_fits_is_kept_as_it_is(tmp_path: Path) -> None:
    data, found = prepare_cover(saved(tmp_path / "logo.png", a_picture()))
    assert (found.extension, found.size_px) == ("png", 1500)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert opened(data).mode == "RGB"
    assert difference(opened(data), a_picture()) == 0


def test_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    path = saved(tmp_path / "cover.jpg", a_picture())
    assert prepare_cover(path) == prepare_cover(path)


def test_middle_of_a_wide_picture_is_kept(tmp_path: Path) -> None:
    wide = a_picture(size=(4000, 2000), colour="black")
    wide.paste("white", (1000, 0, 3000, 2000))
    data, found = prepare_cover(saved(tmp_path / "wide.png", wide))
    assert found.size_px == 2000
    assert opened(data).getextrema() == ((255, 255),) * 3


def test_large_picture_becomes_3000_px(tmp_path: Path) -> None:
    data, found = prepare_cover(saved(tmp_path / "phone.jpg", a_picture(size=(8000, 6000))))
    assert found.size_px == 3000
    assert opened(data).size == (3000, 3000)


def test_noisy_picture_stays_under_500_kb(tmp_path: Path) -> None:
    """Noise is the worst that a JPEG can meet; the cover gets smaller and coarser until it fits."""
    noise = Image.frombytes("RGB", (3000, 3000), random.Random(1).randbytes(27_000_000))
    data, found = prepare_cover(saved(tmp_path / "noise.png", noise, compress_level=0))
    assert len(data) <= 500_000
    assert found.size_px >= 1400
    assert len(make_thumbnail(data)) <= 60_000


def a_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("name", "make", "options", "expected"),
    [
        pytest.param("a.jpg", lambda: a_picture("CMYK", colour=(0, 255, 255, 0)), {}, (254, 0, 0), id="CMYK"),
        pytest.param("a.jpg", lambda: a_picture("L", colour=100), {}, (100, 100, 100), id="grey"),
        pytest.param("a.png", lambda: a_picture("RGBA", colour=(0, 0, 0, 0)), {}, (255, 255, 255), id="transparent"),
        pytest.param("a.png", lambda: a_picture("RGBA", colour=(255, 0, 0, 128)), {}, (255, 127, 127), id="half"),
        pytest.param("a.png", lambda: a_picture("LA", colour=(0, 0)), {}, (255, 255, 255), id="grey and transparent"),
        pytest.param("a.png", lambda: a_picture("I;16", colour=32_896), {}, (128, 128, 128), id="16 bits"),
        pytest.param("a.png", lambda: a_picture("1", colour=1), {}, (255, 255, 255), id="black and white"),
        pytest.param("a.gif", lambda: a_picture("P", colour=3), {"transparency": 3}, (255, 255, 255), id="GIF"),
        pytest.param("a.webp", a_picture, {"lossless": True}, (200, 40, 60), id="WebP"),
        pytest.param("a.tif", a_picture, {}, (200, 40, 60), id="TIFF"),
        pytest.param("a.bmp", a_picture, {}, (200, 40, 60), id="BMP"),
        pytest.param("a.png", a_picture, {"icc_profile": b"broken"}, (200, 40, 60), id="broken profile"),
        pytest.param("a.png", a_picture, {"icc_profile": a_profile()}, (200, 40, 60), id="profile"),
    ],
)
def test_every_kind_of_picture_becomes_rgb(
    tmp_path: Path, name: str, make: Callable[[], Image.Image], options: dict[str, object], expected: tuple[int, ...]
) -> None:
    data, found = prepare_cover(saved(tmp_path / name, make(), **options))
    cover = opened(data)
    assert cover.mode == "RGB"
    assert cover.format == {"jpg": "JPEG", "png": "PNG"}[found.extension]
    assert difference(cover, Image.new("RGB", cover.size, expected)) <= 2  # JPEG's rounding


def test_first_frame_of_an_animation_is_taken(tmp_path: Path) -> None:
    frames = [a_picture("RGB", colour=colour) for colour in ("red", "blue")]
    path = saved(tmp_path / "moving.gif", frames[0], save_all=True, append_images=frames[1:])
    data, _ = prepare_cover(path)
    assert difference(opened(data), Image.new("RGB", (1500, 1500), "red")) <= 2


def test_picture_is_turned_upright_and_tells_nothing_of_its_past(tmp_path: Path) -> None:
    """A phone's photo says where it was taken; none of that may reach a public cover."""
    photo = a_picture(size=(2000, 1600), colour="white")
    photo.paste("black", (0, 0, 2000, 800))  # dark above; turned a quarter to the right it is dark on the right
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretMaker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (47.0, 22.0, 0.0)
    path = saved(tmp_path / "photo.jpg", photo, exif=exif, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>")
    assert b"SecretComment" in path.read_bytes()
    data, _ = prepare_cover(path)
    cover = opened(data)
    assert cover.getpixel((1500, 800)) == (0, 0, 0)
    assert cover.getpixel((100, 800)) == (255, 255, 255)
    assert b"Secret" not in data
    assert b"Exif" not in data
    assert not cover.getexif()
    assert not {"comment", "xmp", "exif", "icc_profile"} & set(cover.info)


def test_png_tells_nothing_of_its_past(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "SecretAuthor")
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    path = saved(tmp_path / "a.png", a_picture(), pnginfo=notes, exif=exif, icc_profile=a_profile())
    data, _ = prepare_cover(path)
    assert b"Secret" not in data
    assert opened(data).info.keys() <= {"dpi"}


def write_small(path: Path) -> None:
    a_picture(size=(3000, 1399)).save(path, "PNG")


def write_truncated(path: Path) -> None:
    noise = Image.frombytes("L", (1500, 1500), random.Random(2).randbytes(2_250_000))
    noise.save(path, "JPEG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def write_bomb(path: Path, side: int = 30_000) -> None:
    """Write a valid black PNG: 900 megapixels in about a hundred kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(bytes(side * (1 + (side + 7) // 8)), 9))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        pytest.param(write_small, "too small", id="too small"),
        pytest.param(write_truncated, "damaged", id="truncated"),
        pytest.param(write_bomb, "too large", id="900 megapixels"),
        pytest.param(partial(write_bomb, side=9_400), "too large", id="88 megapixels"),
        pytest.param(lambda path: path.write_bytes(b""), "not a picture", id="empty"),
        pytest.param(lambda path: path.write_bytes(b"%PDF-1.7 ..."), "not a picture", id="a PDF"),
        pytest.param(lambda path: path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n"), "not a picture", id="PostScript"),
        pytest.param(lambda path: path.write_text("<svg/>", encoding="utf-8"), "not a picture", id="SVG"),
        pytest.param(lambda path: path.mkdir(), "cannot be read", id="a folder"),
        pytest.param(lambda _path: None, "cannot be read", id="missing"),
    ],
)
def test_hopeless_picture_is_refused_with_the_reason(
    tmp_path: Path, write: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / "given.jpg"
    write(path)
    with pytest.raises(FileError, match=reason) as refusal:
        prepare_cover(path)
    assert "given.jpg" in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_damaged_picture_is_a_cover_or_refused_and_nothing_else(tmp_path: Path, kind: str) -> None:
    """Flipped and missing bytes never raise anything but FileError."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((1400, 1400)).convert("RGB").quantize(16).convert("RGB").save(buffer, kind)
    whole = buffer.getvalue()
    chance = random.Random(kind)
    path = tmp_path / "given"
    for _ in range(25):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            damaged[int(len(damaged) * chance.random() ** 4)] = chance.randrange(256)  # mostly in the headers
        path.write_bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])])
        try:
            data, _ = prepare_cover(path)
        except FileError:
            continue
        assert opened(data).mode == "RGB"


def test_thumbnail_is_600_px_and_the_same_each_time() -> None:
    cover = draw_cover("Cloud bills, explained", "Dana Reyes")
    small = make_thumbnail(cover)
    assert make_thumbnail(cover) == small
    assert len(small) <= 60_000
    assert (opened(small).format, opened(small).mode, opened(small).size) == ("JPEG", "RGB", (600, 600))


def test_catalog_keeps_hash_kind_and_size_of_a_drawn_cover() -> None:
    data = draw_cover("Cloud bills, explained", "Dana Reyes")
    found = cover_artwork(data)
    assert (found.sha256, found.extension, found.size_px) == (hashlib.sha256(data).hexdigest(), "jpg", 3000)
