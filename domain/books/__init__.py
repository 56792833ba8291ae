"""Books: what storage promises within one transaction, by what they are about (`domain.store.Tx` has them all)."""
