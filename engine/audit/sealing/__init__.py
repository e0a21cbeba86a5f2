"""The sealed log: entries as leaves of a Merkle tree, its tiles, and the checkpoints that are signed of it. Pure."""
