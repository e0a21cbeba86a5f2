"""Problems of HTTP on the pages of somebody who reads French: no word of English, and no name of a field of HTTP."""

import pytest

from api.language.current import say_message, speaking


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


def test_a_new_rule_names_its_draft_and_says_why_tables_are_not_in_the_list_of_policies(site):
    files = {"a.yaml": "policy: a\nowner: Zoé\ndescription: A\nrules: []\n"}
    site.pointsman.policy_drafts.save("Brouillon du 30 nov.", files, base=None, before="", who="Zoé")
    path = "/console/policies/drafts/Brouillon du 30 nov./new-rule"
    page = site.client("merchandiser").get(path, headers={"Accept-Language": "fr"}).text
    assert "Brouillon\xa0: Brouillon du 30 nov. – la règle ne décide rien avant" in page
    assert "Les politiques qui sont des tables ne sont pas dans cette liste" in page


def test_a_name_in_a_refusal_has_the_quotation_marks_of_french():
    with speaking("fr"):
        said = say_message("'Aline' published the policy version 0123, so another person must approve it")
    assert said.startswith("«\xa0Aline\xa0» a publié la version 0123")
