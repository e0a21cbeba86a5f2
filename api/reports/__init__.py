"""Reports that people look at, in their language: pages that need nothing from elsewhere, and tables for programs."""
