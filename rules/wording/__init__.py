"""Rules in words, English and French."""
