"""Pure parsers: a page's text goes in, what was seen comes out; nothing is fetched."""
