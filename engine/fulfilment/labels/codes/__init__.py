"""Bar codes and QR codes, as bars and squares."""
