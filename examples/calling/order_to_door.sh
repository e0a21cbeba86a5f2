#!/bin/sh
# One order from the product page to the customer's door, by curl. order_to_door.py says what a caller has to take care of.
#
#     KEY=pointsman_... sh examples/calling/order_to_door.sh [http://localhost:8000] [examples/hexagone/order.json]
set -eu
url=${1:-http://localhost:8000}
order=${2:-$(dirname "$0")/../hexagone/order.json}
key=example-$(date +%s)-$$

# --fail-with-body: a refusal ends the script, and its body says why; --retry: after a 503, tries again when that says
ask() {
    answer=$(curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused \
        -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' "$@") || { echo "$answer" >&2; exit 1; }
    echo "$answer"
}
# evaluates a Python expression on the JSON from stdin, which is `it`
of() { python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"; }
ships="it['status'], [(shipment['node'], shipment['service']) for shipment in it['shipments']]"

echo "what the page shows of the first article"
asked=$(of "'sku=' + it['lines'][0]['sku'] + '&channel=' + it['channel']" < "$order")
page=$(ask "$url/v1/availability?$asked")
echo "$page" | of "it['skus'][0]['free']"

echo "the decision; the same key again would be answered with the same one"
placed=$(of "json.dumps({**it, 'id': '$key'})" < "$order")  # an order of its own each time this is run
decision=$(ask "$url/v1/decisions" -H "Idempotency-Key: $key" -d "$placed")
echo "$decision" | of "$ships"

echo "the first node can't: its shipment is decided again"
id=$(echo "$decision" | of "it['id']")
node=$(echo "$decision" | of "it['shipments'][0]['node']")
again=$(ask "$url/v1/decisions/$id/reject" -d "{\"node\": \"$node\", \"reason\": \"other\", \"op\": \"$key\"}")
echo "$again" | of "$ships"

echo "the parcels have left"
left=$(ask "$url/v1/decisions/$(echo "$again" | of "it['id']")/confirm" -d "{\"op\": \"$key left\"}")
echo "$left" | of "[(shipment['node'], shipment['state']) for shipment in it['shipments']]"
