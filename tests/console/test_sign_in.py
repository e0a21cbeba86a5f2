"""Signing in and out, and what keeps sessions to whom they belong."""

from tests.support.console import verify_pages


def test_one_can_read_the_page_on_which_one_signs_in(opened, site):
    verify_pages(opened, site, "/sign-in", "sign-in", role=None)


def test_the_first_page_is_readable(opened, site):
    verify_pages(opened, site, "/today", "today")
