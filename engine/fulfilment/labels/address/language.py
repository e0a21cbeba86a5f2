"""Which language of ours is spoken in a country."""

from rules.wording.catalogue import ENGLISH, available_languages, load_catalogue


def language_of(country: str) -> str:
    """The one whose catalogue names the country; English where none does: it is known internationally."""
    for language in available_languages():
        if country.upper() in load_catalogue(language).text("papers.countries").split():
            return language
    return ENGLISH
