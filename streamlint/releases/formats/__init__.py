"""How each format says which packages are needed: one reader a format, from a Source to a Reading; none of them raises."""
