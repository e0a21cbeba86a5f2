"""Answers questions that other systems push: nothing is taken over, and the answer is in their own words."""
