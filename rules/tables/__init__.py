"""Rules written as the rows of a table, a CSV file or a sheet of an Excel workbook; read into the same rules."""
