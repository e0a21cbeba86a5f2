"""Problems of HTTP on the pages of somebody who reads French: no word of English, and no name of a field of HTTP."""

import pytest


@pytest.mark.parametrize(
    ("path", "said", "never"),
    [
        (
            "/audit/evidence?from=2026-11-20&until=2026-11-10",
            "la période finit après son début, 31 jours plus tard au plus",
            "ends after",
        ),
        ("/stock?after=zzz", "la liste ne continue pas ainsi", "after:"),
        (f"/stock?sku={'x' * 300}", "Rechercher : c&#39;est plus long que 200 signes", "Longer"),
        ("/policies/tries/nope", "il n&#39;y a pas d&#39;essai", "there is no"),
    ],
)
def test_a_problem_is_said_in_french_with_the_name_that_the_page_has_for_its_field(site, path, said, never):
    answer = site.client().get(f"/console{path}", headers={"Accept-Language": "fr"})
    assert answer.status_code in (404, 422)
    shown = answer.text.replace("\xa0", " ").partition("<main")[2]
    assert said in shown
    assert never not in shown
