"""The keys of carriers are settings, and shown to nobody."""

from engine.fulfilment.carriers.settings import CarrierKeys, CarrierSettings


def test_keys_are_in_no_text_of_the_settings():
    settings = CarrierSettings(
        variables={"POINTSMAN_CARRIER_MY_SHOP_KEY": "k-1", "POINTSMAN_CARRIER_MY_SHOP_SECRET": "s"}
    )
    assert settings.keys_of("my-shop") == CarrierKeys(key="k-1", secret="s", webhook_secret="s")
    assert "k-1" not in f"{settings!r} {settings.keys_of('my-shop')!r}"
    assert settings.keys_of("other") == CarrierKeys()
