"""How commands print: tables, lines, findings, reports, the progress bar."""
