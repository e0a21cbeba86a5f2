// Drives an order from its quote to its confirmation by the types that openapi-typescript generates, with openapi-fetch;
// tsc checks it against those types. `node order.ts URL KEY` prints the id of the decision.

import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./pointsman.d.ts";

type Problem = components["schemas"]["Problem"];
type Answer<Data> = { data?: Data; error?: Problem; response: Response };

const [url, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

function success<Data>({ data, error }: Answer<Data>): Data {
  if (data === undefined) {
    throw new Error(`refused: ${error?.detail}`);
  }
  return data;
}

const cart: components["schemas"]["CartRequest"] = {
  channel: "web",
  lines: [{ sku: "TXT-0059", quantity: 2, unit_price: "19.90" }],
  destination: { country: "FR", postcode: "69003", latitude: 45.76, longitude: 4.86 },
  deliveries: ["standard"],
};
const quote = success(
  await client.POST("/v1/quotes", { params: { header: { "Idempotency-Key": "generated-typescript-quote" } }, body: cart }),
);
const [promise] = quote.promises;
assert(promise);

const taken = { order_id: "GENERATED-TYPESCRIPT", promise: promise.promise };
const decision = success(
  await client.POST("/v1/quotes/{quote_id}/take", { params: { path: { quote_id: quote.id } }, body: taken }),
);
const status: "filled" | "partial" | "scheduled" | "unfilled" = decision.status;
assert.equal(status, "filled");
assert(decision.id); // null of a dry run

const path = { decision_id: decision.id };
assert.deepEqual(success(await client.GET("/v1/decisions/{decision_id}", { params: { path } })), decision);
success(await client.GET("/v1/holds/{decision_id}", { params: { path } }));
success(
  await client.POST("/v1/decisions/{decision_id}/confirm", {
    params: { path },
    body: { op: "generated-typescript-parcel" },
  }),
);
success(await client.GET("/v1/orders/{order_id}", { params: { path: { order_id: "GENERATED-TYPESCRIPT" } } }));

const refused = await client.POST("/v1/quotes/{quote_id}/take", {
  params: { path: { quote_id: "quo_nothing" } },
  body: taken,
});
assert.equal(refused.error?.status, refused.response.status);

console.log(decision.id);
