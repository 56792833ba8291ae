"""Stand in for Telegram on loopback: an MTProto server that an unmodified Telethon talks to."""
