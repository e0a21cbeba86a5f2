"""The report of a what-if: a page for people who would rather look than read, and tables for programs."""
