"""Rules in words, in every language that has a catalogue, and as authors write them."""
