"""Read public Telegram channels and groups with the organisation's own account; never join, write or react."""
