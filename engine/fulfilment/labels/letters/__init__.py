"""The letters of papers: which there are, how wide they are, and how texts are wrapped into boxes."""
