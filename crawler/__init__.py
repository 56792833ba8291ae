"""Scrapy: public pages and previews, as posts."""
