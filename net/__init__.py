"""Everything that leaves this machine goes through here: guard, session, governor, media."""
