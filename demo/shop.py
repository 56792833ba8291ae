"""Build the pages of an ordinary web shop, with the faults that shops have."""

from __future__ import annotations

from demo.dice import Dice
from demo.drawing import STYLES
from demo.words import Writer
from demo.world import Picture, Planted, ShopImage, ShopPage

FRONT, LANTERN_PAGE, KITE_PAGE = "/shop/front", "/shop/lanterns", "/shop/kites"
STAND_IN = "/media/stand-in.jpg"  # answers with a page instead of a picture
BROKEN = "/media/broken.jpg"  # answers with bytes that are no picture
MISSING = "/media/missing.jpg"  # answers 404
WINDOW = "/media/window.webp"  # replaced in a live world
REPLACE_AT = 25.0
FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


class ShopBuilder:
    """Collects pages, and which picture stands at which path."""

    def __init__(self, seed: int, writer: Writer, pictures: dict[str, Picture], planted: list[Planted]) -> None:
        """Share the writer and the picture names with the other builders."""
        self.media: dict[str, str] = {}
        self.changes: dict[str, tuple[float, str]] = {}
        self._dice = Dice(seed, "shop")
        self._writer, self._pictures, self._planted = writer, pictures, planted

    def pages(self, *, live: bool) -> dict[str, ShopPage]:
        """Return the pages by path; in a live world the window's picture changes."""
        window = self._image(WINDOW.rpartition("/")[2])
        if live:
            self._pictures["shop/window-later"] = self._drawing("WEBP", 800, 600)
            self.changes[WINDOW] = (REPLACE_AT, "shop/window-later")
        faulty = tuple(ShopImage(path=path, alt="tin lantern") for path in (STAND_IN, BROKEN, MISSING))
        front = (window, *faulty, self._image("counter.jpg"))
        lanterns = (
            self._image("lamp-row.jpg"),
            self._image("lamp-old.png"),
            self._in_widths("lamp-wall", (640, 960)),
            self._image("lamp-late.webp"),
        )
        kites = (self._image("kite-red.jpg"), self._inline(), self._in_widths("kite-sky", (640, 1080)))
        self._planted.append(
            Planted(place=LANTERN_PAGE, post=LANTERN_PAGE, kind="exact", picture=self.media["/media/lamp-old.png"])
        )
        self._planted.append(Planted(place=KITE_PAGE, post=KITE_PAGE, kind="exact", picture="shop/inline"))
        return {
            FRONT: self._page(FRONT, front, links=(LANTERN_PAGE, KITE_PAGE, "https://t.me/kite_market")),
            LANTERN_PAGE: self._page(LANTERN_PAGE, lanterns, links=(FRONT, KITE_PAGE, "https://example.org/tin")),
            KITE_PAGE: self._page(KITE_PAGE, kites, links=(FRONT, LANTERN_PAGE)),
        }

    def _page(self, path: str, images: tuple[ShopImage, ...], *, links: tuple[str, ...]) -> ShopPage:
        cover = self._image(f"cover-{path.rpartition('/')[2]}.jpg").path
        paragraphs = tuple(self._writer.text(3) for _ in range(4))
        title = self._writer.title()
        return ShopPage(path=path, title=title, paragraphs=paragraphs, images=images, cover=cover, links=links)

    def _image(self, file: str) -> ShopImage:
        stem, _, suffix = file.rpartition(".")
        self._pictures[f"shop/{stem}"] = self._drawing(FORMATS[suffix], 800, 600)
        self.media[f"/media/{file}"] = f"shop/{stem}"
        return ShopImage(path=f"/media/{file}", alt=stem.replace("-", " "))

    def _in_widths(self, stem: str, widths: tuple[int, ...]) -> ShopImage:
        style, wider = self._dice.pick(tuple(STYLES)), {}
        for width in widths:
            name, path = f"shop/{stem}-{width}", f"/media/{stem}-{width}.jpg"
            self._pictures[name] = Picture(
                style=style, width=width, height=width * 3 // 4, drawn_as=f"shop/{stem}-{widths[-1]}"
            )
            self.media[path] = name
            wider[width] = path
        return ShopImage(path=wider[widths[0]], wider=wider, alt=stem.replace("-", " "))

    def _inline(self) -> ShopImage:
        self._pictures["shop/inline"] = Picture(style="shapes", width=640, height=512, quality=70)
        return ShopImage(inline="shop/inline", alt="kite tail")

    def _drawing(self, kind: str, width: int, height: int) -> Picture:
        return Picture(style=self._dice.pick(tuple(STYLES)), width=width, height=height, format=kind)
