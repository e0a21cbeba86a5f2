"""What shipping costs, how long it takes and what it emits.

Olist says what freight was paid and when parcels moved, not by which service. So there are two services of our own,
with figures measured on the data set: `python examples/olist/measure.py DIR` measures them again. Distances are
great-circle ones, in the measuring as in the network, so no detour is needed for money and time.
"""

# Freight of orders of one unit, least squares over great-circle distance and weight:
# 20,353 orders, R² 0.55, half of them within 2.43 BRL.
PARCEL_BASE, PARCEL_PER_KM, PARCEL_PER_KG = "8.17", "0.0107", "2.71"

# One order in ten paid 1.34 times that or more. That the dearest tenth is what express costs is our assumption.
EXPRESS_BASE, EXPRESS_PER_KM, EXPRESS_PER_KG = "10.95", "0.0144", "3.63"

# From the carrier's hands to the customer's, in days, rounded up, by great-circle km: three parcels in four came within
# the first figure, one in ten within the second. That the fastest tenth is what express takes is our assumption.
TRANSIT = (
    (50, 4, 1),
    (100, 5, 1),
    (200, 8, 2),
    (400, 11, 4),
    (800, 13, 5),
    (1200, 15, 6),
    (1800, 19, 7),
    (2500, 22, 8),
    (5000, 25, 10),
)

# British factors, for want of Brazilian ones we could read; taken from a public copy of the publisher's flat file.
_DESNZ = "UK Government GHG Conversion Factors for Company Reporting 2025 (DESNZ), freighting goods: "
_HGV = "all HGVs, diesel, average laden, 0.10163 kg + well-to-tank 0.02359 kg CO2e per tonne-km"
_FLIGHT = "short-haul freight flights, without RF, 0.75539 kg + well-to-tank 0.20515 kg CO2e per tonne-km"
# Whole grams of CO2e per tonne-km, well to wheel.
EMISSIONS = {"truck": (125, _DESNZ + _HGV), "air": (961, _DESNZ + _FLIGHT)}


def services_yaml() -> list[str]:
    """The `emissions` and `services` of network.yaml, line by line."""
    lines = ["emissions:"]
    for mode, (grams, source) in EMISSIONS.items():
        lines += [f"  {mode}:", f"    grams_per_tonne_km: {grams}", f'    source: "{source}"']
    lines.append("services:")
    lines += _service("parcel", "truck", (PARCEL_BASE, PARCEL_PER_KM, PARCEL_PER_KG), 1)
    lines += _service("express", "air", (EXPRESS_BASE, EXPRESS_PER_KM, EXPRESS_PER_KG), 2)
    return lines


def _service(name: str, mode: str, costs: tuple[str, str, str], days_at: int) -> list[str]:
    base, per_km, per_kg = costs
    return [
        f"  - id: {name}",
        f"    mode: {mode}",
        f"    base: {base}",
        f"    per_km: {per_km}",
        f"    per_kg: {per_kg}",
        "    countries: [BR]",
        "    transit:",
        *(f"      - {{up_to: {band[0]} km, takes: {24 * band[days_at]} h}}" for band in TRANSIT),
    ]
