"""Makes engine/fulfilment/labels/address/countries.csv: what each country is called and in which order it writes an
address.

The orders are those of RegionDataConstants.java of google/libaddressinput (Apache-2.0), which follow the Universal
Postal Union; where it has an order for Latin letters beside another, the former. The names are those of CLDR
(Unicode-3.0), as Node.js has them:

    node -e 'const names = ["en", "fr"].map(l => new Intl.DisplayNames([l], {type: "region"}));
        console.log(JSON.stringify(process.argv.slice(1).map(c => [c, ...names.map(n => n.of(c))])))' AD AE > names.json
    python gather_address_formats.py RegionDataConstants.java names.json > countries.csv
"""

import csv
import json
import re
import sys
from pathlib import Path

FIELDS = {"A": "{street}", "Z": "{postcode}", "C": "{town}", "S": "{region}"}
CAPITALS = {"C": "town", "S": "region", "Z": "postcode"}
OTHERS = {"JP": "{street}|{town}, {region}|{postcode}", "KG": "{street}|{postcode} {town}"}
"""Japan's order for Latin letters leaves the town to the lines of the street; Kyrgyzstan's is on one line."""
NO_ORDER = "%N%n%O%n%A%n%C"


def regions(java: str) -> dict[str, dict[str, str]]:
    """What the Java file says of each country, by its code."""
    entries = re.findall(r'map\.put\("(\w\w)", "((?:[^"\\]|\\.)*)"\);', java)
    return {code: json.loads(json.loads(f'"{text}"')) for code, text in entries}


def order(code: str, region: dict[str, str]) -> str:
    """Lines with a bar between them, without those of the name and the company."""
    if code in OTHERS:
        return OTHERS[code]
    lines = []
    for line in (region.get("lfmt") or region.get("fmt") or NO_ORDER).split("%n"):
        known = re.sub(r"%([A-Z])", lambda match: FIELDS.get(match[1], ""), line).strip(" ,")
        if known:
            lines.append(re.sub(r"^\{street\} ", "{street}|", known))
    return "|".join(lines)


def main() -> None:
    java, names = sys.argv[1:]
    written = csv.writer(sys.stdout, lineterminator="\n")
    written.writerow(["country", "en", "fr", "company_first", "capitals", "order"])
    of_region = regions(Path(java).read_text(encoding="utf-8"))
    for code, *name in json.loads(Path(names).read_text(encoding="utf-8")):
        region = of_region.get(code, {})
        order_of_names = region.get("lfmt") or region.get("fmt") or NO_ORDER
        company_first = order_of_names.index("%O") < order_of_names.index("%N")
        capitals = " ".join(CAPITALS[one] for one in "CSZ" if one in region.get("upper", ""))
        written.writerow([code, *name, "yes" if company_first else "", capitals, order(code, region)])


if __name__ == "__main__":
    main()
