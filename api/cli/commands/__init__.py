"""Commands of click: imported when they are used, with help in the language of the command line."""
