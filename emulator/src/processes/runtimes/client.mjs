// A client of Lambda's Runtime API for handlers in Node.js: loads `_HANDLER` from `LAMBDA_TASK_ROOT` and gives
// it one event after another. Standard library only. What a handler sees and what its errors look like is as with
// AWS's nodejs runtimes; console and time are not touched.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { RuntimeApi } from "./runtime_api.mjs";

const { env } = process;
const api = new RuntimeApi(env.AWS_LAMBDA_RUNTIME_API);

/** The request id of the event that is being handled; until it is answered. */
let current;
/** The last answer, on its way. */
let answered;
let loading = true;
let crashing = false;
/** What to do when nothing is left to wait for. */
let whenIdle;

class Fault extends Error {
  constructor(kind, message) {
    super(message);
    this.name = `Runtime.${kind}`;
  }
}

function report(action, error) {
  let document;
  try {
    document =
      typeof error?.stack === "string"
        ? { errorType: error.name, errorMessage: error.message, trace: error.stack.split("\n") }
        : { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    document = { errorType: "handled", errorMessage: "the error cannot be read" };
  }
  const type = String(document.errorType).replace(/[^\x20-\x7e]/g, "?");
  return api.call("POST", action, JSON.stringify(document), { "Lambda-Runtime-Function-Error-Type": type });
}

/** Whether `.js` files in a folder are ES modules. */
function isModule(folder) {
  const description = path.join(folder, "package.json");
  if (existsSync(description)) return JSON.parse(readFileSync(description, "utf8")).type === "module";
  const parent = path.dirname(folder);
  return parent !== folder && path.basename(folder) !== "node_modules" && isModule(parent);
}

/** Loads the file of a handler, given without its extension. */
async function load(file) {
  const require = createRequire(import.meta.url);
  const asModule = (extension) => import(pathToFileURL(file + extension));
  const is = (extension) => existsSync(file + extension) && statSync(file + extension).isFile();
  if (is("")) return require(file);
  if (is(".js")) return isModule(path.dirname(file)) ? asModule(".js") : require(file + ".js");
  if (is(".mjs")) return asModule(".mjs");
  if (is(".cjs")) return require(file + ".cjs");
  for (const extension of process.features.typescript ? [".ts", ".mts", ".cts"] : []) {
    if (is(extension)) return asModule(extension);
  }
  // A package, or nothing: the error is Node's own.
  return require(require.resolve(path.basename(file), { paths: [env.LAMBDA_TASK_ROOT, path.dirname(file)] }));
}

/** Version 2 of the SDK, where it is installed, does not read AWS_ENDPOINT_URL_*, as version 3 does. */
function tellOldSdk() {
  const require = createRequire(path.join(env.LAMBDA_TASK_ROOT, "handler.js"));
  let sdk;
  try {
    sdk = require("aws-sdk/global");
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") return;
    throw error;
  }
  for (const name of ["APIGATEWAYMANAGEMENTAPI", "DYNAMODB", "DYNAMODB_STREAMS", "LAMBDA"]) {
    const endpoint = env[`AWS_ENDPOINT_URL_${name}`];
    if (endpoint) sdk.config[name.replace("_", "").toLowerCase()] = { endpoint };
  }
}

/** `folder/file.export.nested`. */
async function find(handler) {
  const [, name, exported] = /^([^.]*)\.(.+)$/.exec(path.basename(handler)) ?? [];
  if (!name || handler.includes("..")) {
    throw new Fault("MalformedHandlerName", `'${handler}' is no handler; it must be file.export`);
  }
  const file = path.resolve(env.LAMBDA_TASK_ROOT, path.dirname(handler), name);
  let found;
  try {
    found = await load(file);
  } catch (error) {
    hint(error, file);
    if (error instanceof SyntaxError) throw new Fault("UserCodeSyntaxError", String(error));
    if (error?.code === "MODULE_NOT_FOUND") throw new Fault("ImportModuleError", String(error));
    throw error;
  }
  for (const key of exported.split(".")) found = found?.[key];
  if (!found) throw new Fault("HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw new Fault("HandlerNotFound", `${handler} is not a function`);
  return found;
}

/** Says what to do about a module that is there on AWS and not here. */
function hint(error, file) {
  const missing = /^Cannot find (?:module|package) '([^']+)'/.exec(error?.message)?.[1];
  const sdk = /^(@aws-sdk\/[^/]+|@smithy\/[^/]+|aws-sdk)/.exec(missing)?.[1];
  if (sdk) {
    console.error(
      `On AWS the Node.js runtime has the AWS SDK (v3; "aws-sdk" up to nodejs16.x); here \`npm install ${sdk}\` ` +
        `in ${env.LAMBDA_TASK_ROOT} or a folder above it provides it.`,
    );
  } else if (file && missing === path.basename(file) && existsSync(`${file}.ts`)) {
    console.error(`${file}.ts has to be compiled first: \`sam build\` does it.`);
  } else if (missing && existsSync(path.join(env.LAMBDA_TASK_ROOT, "package.json"))) {
    console.error(`\`npm install\` in ${env.LAMBDA_TASK_ROOT}, or \`sam build\`, provides what package.json asks for.`);
  }
}

function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const fail = (error) => reject(error ?? "handled");
    const done = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const header = headers["lambda-runtime-client-context"];
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      functionName: env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
      memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
      awsRequestId: headers["lambda-runtime-aws-request-id"],
      invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
      clientContext: header && JSON.parse(header),
      identity: undefined,
      getRemainingTimeInMillis: () => Number(headers["lambda-runtime-deadline-ms"]) - Date.now(),
      done,
      fail,
      succeed: (result) => resolve(result),
    };
    const callback = (error, result) => {
      if ((error === undefined || error === null) && context.callbackWaitsForEmptyEventLoop) {
        whenIdle = () => resolve(result);
      } else {
        done(error, result);
      }
    };
    whenIdle = () => resolve(null);
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") {
      whenIdle = () => reject(new Fault("NodeJsExit", "nothing is left to wait for, and the handler's promise is not settled"));
      returned.then(resolve, fail);
    }
  });
}

function text(result) {
  try {
    return JSON.stringify(result) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

/** An error that nobody caught ends the process; its event gets the error. */
async function crash(what, error, status, reported = error) {
  crashing = true;
  console.error(what, error);
  try {
    if (loading) await report("init/error", reported);
    else if (current) await report(`invocation/${current}/error`, reported);
    else await answered;
  } finally {
    process.exit(status);
  }
}

async function serve() {
  let handler;
  try {
    tellOldSdk();
    handler = await find(env._HANDLER);
  } catch (error) {
    return crash("Init Error", error, 1);
  }
  loading = false;
  for (;;) {
    const { status, headers, body } = await api.call("GET", "invocation/next");
    // The emulator stops.
    if (status !== 200) process.exit(0);
    const id = (current = headers["lambda-runtime-aws-request-id"]);
    env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    try {
      const result = text(await run(handler, JSON.parse(body), headers));
      answered = api.call("POST", `invocation/${id}/response`, result, { "Content-Type": "application/json" });
    } catch (error) {
      console.error("Invoke Error", error);
      hint(error);
      answered = report(`invocation/${id}/error`, error);
    }
    current = whenIdle = undefined;
    // What the handler left behind may end the process now, which then asks for no other event.
    await answered;
    if (crashing) return;
  }
}

process.on("uncaughtException", (error) => crash("Uncaught Exception", error, 129));
process.on("unhandledRejection", (reason) => {
  crash("Unhandled Promise Rejection", reason, 128, new Fault("UnhandledPromiseRejection", String(reason)));
});
process.on("beforeExit", () => {
  const then = whenIdle;
  whenIdle = undefined;
  if (then) setImmediate(then);
});
// A Runtime API that cannot be reached is one whose emulator is gone.
serve().catch(() => process.exit(1));
