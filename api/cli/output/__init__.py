"""What commands print: tables, findings, reports."""
