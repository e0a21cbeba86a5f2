"""What becomes of a returned unit, and to which place it goes: pure."""
