"""The part of network.yaml that is written by hand: emission factors, services, and where each number comes from."""

import opening_hours
from places import Node

COMPANY = "Hexagone"

HEAD = """\
# Hexagone, an invented retailer in real French cities. Written by generate.py: change services.py or places.py, then
# run it.
# Coordinates: GeoNames, CC BY 4.0, https://www.geonames.org

currency: EUR
time_zone: Europe/Paris

attributes:
  product:
    hazmat: flag      # lithium batteries, perfume, paint: not by air
  node:
    franchise: flag   # the shop is not ours: its owner decides what leaves it

channels: [web, app, store, social, marketplace, call_centre]

# Numbers of parcels: 952 is the prefix that GS1 keeps for examples. The carrier is invented, and its numbers have the
# form of the postal services' (UPU S10).
parcels: {gs1_prefix: "9521234", extension: 3, packing_weight: 120 g}
carriers:
  - id: colis
    door: numbers
    ranges: [{kind: s10, service: CB, country: FR, from: 0, to: 9999999}]

{CALENDARS}
# Grams of CO2e per tonne-kilometre, well to wheel: energy used per km x emission factor of that energy / tonnes carried
# (empty running counted).
#   Energy and load: the French level 1 values for information on the greenhouse gases of transport services (code
#   des transports, art. L. 1431-3), arrêté du 10 avril 2012 (NOR TRAT1209296A), annexe II.
#   Emission factors of energy, CO2e, upstream phase included: arrêté du 26 avril 2017, annexe (Journal officiel,
#   article JORFARTI000034502756): diesel for road vehicles 3.17 kg/l (0.66 upstream + 2.51), electricity of mainland
#   France 0.048 kg/kWh.
emissions:
  van:
    grams_per_tonne_km: 1103
    source: >-
      Arrêté du 10 avril 2012, annexe II, véhicule utilitaire léger 3,5 t PTAC, express (colis): 0.160 l/km, 0.46 t.
      Arrêté du 26 avril 2017, annexe, gazole routier: 3.17 kg CO2e/l. 0.160 x 3170 / 0.46 = 1102.6,
      rounded to whole grams
  truck:
    grams_per_tonne_km: 181
    source: >-
      Arrêté du 10 avril 2012, annexe II, ensemble articulé 40 t PTRA, messagerie: 0.342 l/km, 6.00 t.
      Arrêté du 26 avril 2017, annexe, gazole routier: 3.17 kg CO2e/l. 0.342 x 3170 / 6.00 = 180.7,
      rounded to whole grams
  rail: # the electric train alone; the road at both ends is only in the drop
    grams_per_tonne_km: 2
    source: >-
      Arrêté du 10 avril 2012, annexe II, train, électricité, marchandises de densité inférieure ou égale à 249 kg/m3:
      16.60 kWh/km, 400 t.
      Arrêté du 26 avril 2017, annexe, électricité consommée en France métropolitaine: 48 g CO2e/kWh. 16.60 x 48 / 400
      = 1.992, rounded to whole grams
  bike:
    grams_per_tonne_km: 1
    source: >-
      25 Wh per tonne-km for an electric cargo bike (Decathlon, Comment décarboner la livraison du dernier kilomètre).
      Arrêté du 26 avril 2017, annexe, électricité consommée en France métropolitaine: 48 g CO2e/kWh. 0.025 x 48 = 1.2,
      rounded to whole grams
  air: # without radiative forcing, as all factors here count the energy alone; with it the same tables give 5,178
    grams_per_tonne_km: 3294
    source: >-
      UK Government GHG Conversion Factors for Company Reporting 2025 (DESNZ), freight flights, domestic, without RF:
      2.71931 (row 27_317_3153_14_1) + well to tank 0.57429 (row 28_913_3153_14_1) kg CO2e per tonne.km = 3.2936,
      rounded to whole grams
  pickup:
    grams_per_tonne_km: 0
    source: >-
      By definition: nothing is transported. The customer's own trip is not counted, though it can outweigh a van's
      round (ADEME, study of e-commerce, 2023).

# Routes. Road: 1.3, the ratio of road to geodesic distance (1.3 +/- 0.1) in Wang, Bette, Schreckenberg and Guhr, "How
# much longer do you have to drive than the crow has to fly?", npj Complexity 1, 22 (2024). In town: 1.2, Newell (1980)
# as told in Wikibooks, "Transportation Geography and Network Science/Circuity". Rail takes the road's figure for want
# of its own. Air flies the great circle; the road to and from the airports is only in the drop.
#
# Last mile (drop). A typical home delivery round by van has 120 drops on 80 km (Edwards, McKinnon, Cherrett, McLeod and
# Song, Transportation Research Record 2191, 2010): 667 m a drop.
#   van    80 km x 0.160 l/km x 3170 g/l / 120 = 338 g   van and diesel as above. (Edwards, McKinnon
#                                                        and Cullinane, 2009, found 181 g for a round in Britain.)
#   bulky  80 km x 0.220 l/km x 3170 g/l / 120 = 465 g   7.5 t lorry of the same annexe II. A low estimate: a round of
#                                                        furniture has fewer drops, but no figure for it was found.
#   bike   80 km x 4.5 g/km / 120              = 3 g     electricity of an e-cargo bike on the British grid: University
#                                                        of Westminster, "The Promise of Low Carbon Freight", 2021, as
#                                                        reported by Fleet Europe, 3 September 2021.
#
# Prices and times are invented, in the manner of French carriers' tariffs. The hours of days on which a service doesn't
# run don't count for what it takes.
services:
  - id: parcel              # the everyday parcel, by truck overnight
    mode: truck
    carrier: colis
    base: 4.90
    per_km: 0.002
    per_kg: 0.15
    detour: 1.3
    max_unit_weight: 30 kg
    drop: 338 g
    countries: [FR]
    runs: [monday, tuesday, wednesday, thursday, friday, saturday]
    closed: [france]
    transit:
      - {up_to: 250 km, takes: 24 h}
      - {up_to: 1500 km, takes: 48 h}

  - id: economy             # trunk haul by rail: slower, but cheaper for what is heavy or goes far
    mode: rail
    carrier: colis
    base: 5.60
    per_km: 0.0005
    per_kg: 0.10
    detour: 1.3
    max_unit_weight: 30 kg
    drop: 338 g
    countries: [FR]
    runs: [monday, tuesday, wednesday, thursday, friday, saturday]
    closed: [france]
    transit:
      - {up_to: 600 km, takes: 48 h}
      - {up_to: 1500 km, takes: 72 h}

  - id: express             # a van of its own through the night
    mode: van
    carrier: colis
    base: 9.90
    per_km: 0.010
    per_kg: 0.40
    detour: 1.3
    max_distance: 500 km
    max_unit_weight: 30 kg
    drop: 338 g
    countries: [FR]
    runs: [monday, tuesday, wednesday, thursday, friday, saturday]
    closed: [france]
    transit:
      - {up_to: 150 km, takes: 12 h}
      - {up_to: 500 km, takes: 20 h}

  - id: express_air         # next day to the far end of the country
    mode: air
    carrier: colis
    base: 17.90
    per_km: 0.012
    parcel_prices:          # by the weight of the whole parcel; it flies up to 20 kg
      - {up_to: 500 g, costs: 1.90}
      - {up_to: 2 kg, costs: 2.90}
      - {up_to: 5 kg, costs: 1.00, per_kg: 1.60, at_least: 4.50}
      - {up_to: 20 kg, costs: 1.00, per_kg: 1.80}
    drop: 338 g
    countries: [FR]
    runs: [monday, tuesday, wednesday, thursday, friday]
    closed: [france]
    transit:
      - {up_to: 1200 km, takes: 18 h}

  - id: bike                # from the shop to the customer across town
    mode: bike
    base: 4.20
    per_km: 0.20
    per_kg: 0.10
    detour: 1.2
    max_distance: 12 km
    max_weight: 15 kg       # of all that goes in one ride
    drop: 3 g
    countries: [FR]
    transit:
      - {up_to: 12 km, takes: 3 h}

  - id: local_van           # the shop's own van, for what no bike can carry
    mode: van
    base: 14.90
    per_km: 0.60
    per_kg: 0.05
    detour: 1.3
    max_distance: 60 km
    max_weight: 120 kg
    drop: 338 g
    countries: [FR]
    runs: [monday, tuesday, wednesday, thursday, friday, saturday]
    closed: [france]
    transit:
      - {up_to: 60 km, takes: 24 h}

  - id: bulky               # two people and a tail lift
    mode: truck
    base: 34.00
    per_km: 0.030
    unit_prices:            # by the weight of one piece, instead of per_kg
      - {up_to: 30 kg, costs: 6.00}
      - {up_to: 70 kg, costs: 6.00, per_kg: 0.10}
      - {up_to: 250 kg, costs: 0.00, per_kg: 0.20}
    detour: 1.3
    max_unit_weight: 250 kg
    drop: 465 g
    countries: [FR]
    runs: [monday, tuesday, wednesday, thursday, friday, saturday]
    closed: [france]
    daily_distance: 250 km  # and every day begun counts whole

  - id: pickup              # the customer comes to the shop; an hour to bring the goods to the counter and tell them
    mode: pickup
    base: 0.00
    drop: 0 g
    countries: [FR]
    transit:
      - {up_to: 1 km, takes: 1 h}

"""

LANES = """\
# What is known better than by the great circle; of several that fit, the first counts. To Corsica goes a ferry.
lanes:
  - from: {groups: [warehouses, shops, franchises, partners]}
    to: {country: FR, postcode: "20*"}
    services: [bike, local_van, express, bulky]
    no_service: true
  - from: {groups: [warehouses, shops, franchises, partners]}
    to: {country: FR, postcode: "20*"}
    services: [parcel, economy]
    takes: 96 h

# On what stock is moved between places. The warehouses' lorries call at every shop anyway; a van between two shops, or
# back to a warehouse, is ordered for it. What a franchise has is its owner's: stock goes there, and never leaves.
transfers:
  carbon_price: 0.10      # a kilogram of CO2e
  lanes:
    - from: {groups: [warehouses]}
      to: {groups: [shops, franchises]}
      mode: truck
      detour: 1.3
      per_unit: 0.12
      per_kg: 0.06
      takes: 24 h
    - from: {groups: [shops]}
      to: {groups: [shops, franchises]}
      within: region
      mode: van
      detour: 1.3
      per_unit: 0.30
      per_kg: 0.10
      per_shipment: 6.00
      min_units: 3
      takes: 48 h
    - from: {groups: [shops, warehouses]}
      to: {groups: [warehouses]}
      mode: truck
      detour: 1.3
      per_unit: 0.20
      per_kg: 0.08
      per_shipment: 8.00
      takes: 48 h

nodes:
"""


def network(nodes: list[Node]) -> str:
    """The whole text of network.yaml."""
    return HEAD.replace("{CALENDARS}", opening_hours.text()) + LANES + "\n".join(_node(node) for node in nodes)


def _node(node: Node) -> str:
    lines = [
        f"  - id: {node.id}",
        f'    name: "{node.name}"',
        f"    type: {node.type}",
        f"    latitude: {node.city.latitude:.5f}",
        f"    longitude: {node.city.longitude:.5f}",
        "    country: FR",
        f'    region: "{node.city.region}"',
    ]
    lines.append(
        f'    address: {{company: "{COMPANY}", lines: ["{node.name}"], postcode: "{node.city.postcode}", '
        f'town: "{node.city.name}"}}'
    )
    lines.append(f"    group: {node.group}")
    if node.tags:
        lines.append(f"    tags: [{', '.join(node.tags)}]")
    if node.franchise is not None:
        lines.append(f"    attributes: {{franchise: {'true' if node.franchise else 'false'}}}")
    lines.append(f"    handling: {node.handling}")
    lines.append(f"    handling_per_unit: {node.handling_per_unit}")
    if node.daily_orders is not None:
        lines.append(f"    daily_orders: {node.daily_orders}")
    lines.append(f"    preparation: {node.preparation}")
    lines.append(f"    hours: {node.hours}")
    lines.append(f"    closed: [{'france, alsace_moselle' if node.city.name in opening_hours.EASTERN else 'france'}]")
    lines.append(f"    services: [{', '.join(node.services)}]")
    cut_offs = [
        f"{name}: {_cut_off(node, name)}" for name in node.services if name in opening_hours.CUT_OFFS[node.type]
    ]
    lines.append(f"    cut_offs: {{{', '.join(cut_offs)}}}")
    return "\n".join(lines) + "\n"


def _cut_off(node: Node, service: str) -> str:
    """A time or, where a carrier calls earlier on Saturdays, one for each day that it runs."""
    usual = opening_hours.CUT_OFFS[node.type][service]
    saturday = opening_hours.SATURDAY_CUT_OFFS.get(node.type, {}).get(service)
    if saturday is None:
        return f'"{usual}"'
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), usual) | {"saturday": saturday}
    return "{" + ", ".join(f'{day}: "{cut_off}"' for day, cut_off in days.items()) + "}"
