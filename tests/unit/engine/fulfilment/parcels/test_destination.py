"""An addressee lives in the country that the order was decided for."""

import pytest

from engine.decide.order_record import DestinationRecord
from engine.errors import InputInvalid
from engine.fulfilment.parcels.destination import verify_destination
from engine.model.postal_address import PostalAddress


def verify(*, lives, postcode="", goes, by=None):
    addressee = PostalAddress(name="Zoë", lines=("7",), postcode=postcode, town="T", country=lives)
    destination = DestinationRecord(country=goes, postcode=by, region=None, latitude=None, longitude=None)
    verify_destination(addressee, destination, "O-1")


@pytest.mark.parametrize(
    "where",
    [
        {"lives": "FR", "goes": "FR"},
        {"lives": "fr", "goes": "FR", "postcode": "69002", "by": "75011"},
        {"lives": "FR", "goes": None},
        {"lives": "RE", "goes": "FR", "postcode": "97400", "by": "97 400"},
        {"lives": "FR", "goes": "GP", "postcode": "97100", "by": "97100"},
        {"lives": "JE", "goes": "GB", "postcode": "je2 4wu", "by": "JE24WU"},
    ],
)
def test_the_same_country_or_two_codes_of_one_place_are_right(where):
    verify(**where)


@pytest.mark.parametrize(
    "where",
    [
        {"lives": "DE", "goes": "FR"},
        {"lives": "DE", "goes": "FR", "postcode": "75011", "by": "75011"},
        {"lives": "RE", "goes": "FR", "postcode": "97400", "by": "75011"},
        {"lives": "RE", "goes": "FR", "postcode": "97400"},
        {"lives": "RE", "goes": "FR"},
        {"lives": "MC", "goes": "GB", "postcode": "98000", "by": "98000"},
    ],
)
def test_another_country_is_refused_and_both_are_named(where):
    with pytest.raises(InputInvalid) as refused:
        verify(**where)
    (mistake,) = refused.value.mistakes
    assert mistake.field == "addressee.country"
    assert f"lives in {where['lives']}, and order 'O-1' was decided for {where['goes']}" in mistake.message
    assert "pointsman order amend O-1" in mistake.message
