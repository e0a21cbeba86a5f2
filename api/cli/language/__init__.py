"""The language in which commands speak: English, or that of a catalogue here, such as `fr/`."""
