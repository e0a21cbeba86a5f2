"""The words of each language, one YAML file per language."""
