"""Many orders on one snapshot, evaluated together: their positions, ways and options as one table each."""
