// What the JavaScript SDK v3 makes of @connections: prints the outcome of each call, one JSON object.
import { createRequire } from "node:module";

// Installed elsewhere, by `tests/foreign/run`.
const require = createRequire(process.env.EMULATOR_TEST_NODE_MODULES + "/");
const sdk = require("@aws-sdk/client-apigatewaymanagementapi");

// A retry would only wait for the same answer.
const client = new sdk.ApiGatewayManagementApiClient({ maxAttempts: 1 });
const [known, slow] = process.argv.slice(2);
const unknown = "Zk3dQdpBABcCJ_w=";

async function outcome(command) {
  try {
    await client.send(command);
    return "ok";
  } catch (error) {
    // `name` is what handlers compare, and `instanceof` what typed ones do.
    const known = sdk[error.name] && error instanceof sdk[error.name];
    return known ? error.name : `${error.constructor.name} ${error.name}`;
  }
}

const post = (id, data = "hello") =>
  outcome(new sdk.PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from(data) }));

async function flood() {
  for (let n = 0; n < 1000; n++) {
    const result = await post(slow, "x".repeat(100_000));
    if (result !== "ok") return result;
  }
}

console.log(JSON.stringify({
  post: await post(known),
  get: await outcome(new sdk.GetConnectionCommand({ ConnectionId: known })),
  gone: await post(unknown),
  malformed: await outcome(new sdk.GetConnectionCommand({ ConnectionId: "abc" })),
  large: await post(known, "x".repeat(131_073)),
  slow: await flood(),
  delete: await outcome(new sdk.DeleteConnectionCommand({ ConnectionId: known })),
  deleted: await post(known),
}));
