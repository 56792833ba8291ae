"""Web pages and a JSON API for the desk: every route has a policy, no page shows media."""
