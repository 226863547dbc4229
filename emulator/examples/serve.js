// Serves an example on a port, by serverless-offline or, if it is `broadcast`, by the emulator with an Invoke
// endpoint in this process:
//   node serve.js serverless-offline FOLDER PORT             as it is by default, with the handler in a worker thread
//   node serve.js serverless-offline-in-process FOLDER PORT  with the handler in its own thread
//   node serve.js emulator FOLDER PORT PATH-OF-THE-EMULATOR
// Ends, with what it started, on SIGTERM.
const { spawn } = require("node:child_process");
const http = require("node:http");
const net = require("node:net");
const path = require("node:path");

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

// As `sam local start-lambda` is one, for the one function there is; events are handled at once.
function invokeEndpoint(folder, port) {
  const { room } = require(path.join(folder, "handler.js"));
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      response.end(JSON.stringify(await room(JSON.parse(Buffer.concat(chunks)))));
    } catch (error) {
      response.setHeader("X-Amz-Function-Error", "Unhandled");
      response.end(JSON.stringify({ errorType: error.name, errorMessage: error.message }));
    }
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
}

async function main([mode, name, port, program]) {
  const folder = path.join(__dirname, name);
  let child;
  if (mode.startsWith("serverless-offline")) {
    process.env.ENDPOINT = `http://127.0.0.1:${port}`;
    const serverless = path.join(__dirname, "node_modules/serverless/bin/serverless.js");
    const ports = ["--httpPort", await freePort(), "--lambdaPort", await freePort(), "--websocketPort", port];
    const flags = ["offline", "start", "--host", "127.0.0.1", "--noPrependStageInUrl"];
    if (mode.endsWith("in-process")) flags.push("--useInProcess");
    const env = { ...process.env, SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off" };
    child = spawn(process.execPath, [serverless, ...flags, ...ports], { cwd: folder, env, stdio: "inherit" });
  } else {
    process.env.ENDPOINT = `http://127.0.0.1:${port}/ws`;
    const endpoint = await freePort();
    await invokeEndpoint(folder, endpoint);
    const template = path.join(folder, "template.yaml");
    const flags = ["--template", template, "--port", port, "--lambda-endpoint", `http://127.0.0.1:${endpoint}`];
    // Not AWS's 500 a second, and no line for each message: how many there can be is to be measured.
    flags.push("--connects-per-second", "1000000", "--log-level", "warn");
    child = spawn(program, flags, { stdio: "inherit" });
  }
  // Somebody who is measured is told to stop by a signal.
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code) => process.exit(code ?? 0));
}

main(process.argv.slice(2));
