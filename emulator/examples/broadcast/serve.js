// Serves the room on a port, by serverless-offline or by the emulator with an Invoke endpoint in this process:
//   node serve.js serverless-offline PORT
//   node serve.js emulator PORT PATH-OF-THE-EMULATOR
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
function invokeEndpoint(port) {
  const { room } = require("./handler.js");
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

async function main([mode, port, program]) {
  let child;
  if (mode === "serverless-offline") {
    process.env.ENDPOINT = `http://127.0.0.1:${port}`;
    const serverless = path.join(__dirname, "node_modules/serverless/bin/serverless.js");
    const ports = ["--httpPort", await freePort(), "--lambdaPort", await freePort(), "--websocketPort", port];
    const flags = ["offline", "start", "--useInProcess", "--host", "127.0.0.1", "--noPrependStageInUrl"];
    const env = { ...process.env, SLS_TELEMETRY_DISABLED: "1", SLS_NOTIFICATIONS_MODE: "off" };
    child = spawn(process.execPath, [serverless, ...flags, ...ports], { cwd: __dirname, env, stdio: "inherit" });
  } else {
    process.env.ENDPOINT = `http://127.0.0.1:${port}/ws`;
    const endpoint = await freePort();
    await invokeEndpoint(endpoint);
    const template = path.join(__dirname, "template.yaml");
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
