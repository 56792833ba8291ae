"""Values and pure decisions: the ground floor, standard library only."""
