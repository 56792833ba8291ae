"""Key files, authenticated encryption, sealing to the hotline, keyed digests."""
