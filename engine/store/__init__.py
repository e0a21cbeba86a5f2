"""What Redis stores, and the only package that knows it: keys, scripts, commits, holds, stock, the log."""
