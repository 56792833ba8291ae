"""Rules by which forums are read, shipped as TOML; a hotline adds its own in its data directory."""
