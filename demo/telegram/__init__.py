"""
Stand in for Telegram on loopback: an MTProto server that an unmodified Telethon talks to.

Tests and benchmarks start `demo.telegram.server` or `demo.telegram.process`;
`python -m demo.platform` serves the demo's closed channel through it and says
so in its line, beside the keys that were there before:

    "telegram": {
        "session": a Telethon StringSession that carries the server's address and the account's key,
        "api_id": a number, "api_hash": a text,
        "targets": ["https://t.me/closed_shop"],
        "served": {
            "posts": {"https://t.me/closed_shop": [ids as text, every part of an album]},
            "planted": [{"target", "post", "kind": "exact" | "near", "algorithm", "hash", "distance"}]
        }
    }

Its planted rows are in the same hash list as the web's.
"""
