"""Pages as bytes: PDF for any printer, ZPL for label printers."""
