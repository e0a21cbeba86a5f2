"""Makes ours of their fields, and theirs of ours: paths, words, units, dates, numbers, tables."""
