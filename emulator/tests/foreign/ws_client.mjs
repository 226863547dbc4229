// Node's `ws` as a client that offers compression: prints what came of it, one JSON object.
import { createRequire } from "node:module";

// Installed elsewhere, by `tests/foreign/run`.
const require = createRequire(process.env.EMULATOR_TEST_NODE_MODULES + "/");
const { WebSocket } = require("ws");

const socket = new WebSocket(process.argv[2], { perMessageDeflate: true });
const outcome = {
  offered: socket._req.getHeader("sec-websocket-extensions").includes("permessage-deflate"),
};
socket.on("open", () => {
  outcome.negotiated = socket.extensions === "permessage-deflate";
  socket.send("hello ".repeat(500));
});
socket.on("message", (data) => {
  outcome.heard = JSON.parse(data).message;
  socket.close(4000, "bye");
});
socket.on("close", (code) => {
  outcome.closed = code;
  console.log(JSON.stringify(outcome));
});
