"""Tests of policies: run, and compared with what they expect."""
