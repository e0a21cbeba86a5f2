"""The files that hold tests of policies (`*_test.yaml`), read and checked."""
