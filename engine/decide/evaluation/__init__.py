"""An order against the network as columns: positions, options, what the rules say of each, candidates."""
