"""Where messages come from: folders, SFTP, HTTP, Redis streams."""
