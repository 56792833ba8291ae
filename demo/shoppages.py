"""Write the pages of an ordinary web shop."""

from __future__ import annotations

import base64
from html import escape

from demo.gallery import Gallery
from demo.world import ShopImage, ShopPage

STAND_IN_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Away</title></head><body><p>This picture is away.</p></body></html>\n"
)


def shop_page(page: ShopPage, base: str, gallery: Gallery) -> str:
    """Return the page; pictures that travel inside it are rendered now."""
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in page.paragraphs)
    images = "".join(f"<figure>{_image(image, gallery)}</figure>\n" for image in page.images)
    links = "".join(f'<li><a href="{escape(link)}">{escape(link.rpartition("/")[2])}</a></li>' for link in page.links)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>'
        f'<link rel="canonical" href="{base}{page.path}"><meta property="og:title" content="{escape(page.title)}">'
        f'<meta property="og:image" content="{base}{page.cover}"></head>\n'
        f"<body><nav><ul>{links}</ul></nav><main><h1>{escape(page.title)}</h1>\n{paragraphs}{images}</main></body></html>\n"
    )


def _image(image: ShopImage, gallery: Gallery) -> str:
    if image.inline:
        body = base64.b64encode(gallery.body(image.inline)).decode()
        return f'<img src="data:{gallery.content_type(image.inline)};base64,{body}" alt="{escape(image.alt)}">'
    widths = ", ".join(f"{path} {width}w" for width, path in image.wider.items())
    srcset = f' srcset="{widths}" sizes="100vw"' if widths else ""
    return f'<img src="{image.path}"{srcset} alt="{escape(image.alt)}" loading="lazy">'
