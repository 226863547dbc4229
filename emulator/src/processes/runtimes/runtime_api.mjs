// Requests of the Runtime API over one socket that stays open. node:http would take several times as long as most
// handlers do. Knows as much of HTTP/1.1 as the emulator's own server answers: a head with `content-length`, and a body.
import { connect } from "node:net";

const END_OF_HEAD = Buffer.from("\r\n\r\n");

export class RuntimeApi {
  #host;
  #socket;
  /** Those who wait for an answer, in the order of their requests. */
  #waiting = [];
  /** What has arrived and is no whole answer yet, how many bytes that is, and how many the answer has. */
  #chunks = [];
  #arrived = 0;
  #wanted = 0;

  /** `host:port` */
  constructor(address) {
    const [host, port] = address.split(":");
    this.#host = address;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the Runtime API is gone")));
    // Only an answer that is waited for keeps the process alive.
    this.#socket.unref();
  }

  /** Resolves to `{ status, headers, body }`, the names of headers in lower case. */
  call(method, action, body = "", headers = {}) {
    const lines = [`${method} /2018-06-01/runtime/${action} HTTP/1.1`, `Host: ${this.#host}`];
    for (const name in headers) lines.push(`${name}: ${headers[name]}`);
    if (method !== "GET") lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    const socket = this.#socket;
    if (socket.destroyed) return Promise.reject(new Error("the Runtime API is gone"));
    const answer = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    socket.ref();
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
    return answer;
  }

  #read(chunk) {
    this.#chunks.push(chunk);
    this.#arrived += chunk.length;
    // A large event comes in many pieces, which are put together once.
    while (this.#arrived > 0 && this.#arrived >= this.#wanted) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      this.#chunks = [bytes];
      const end = bytes.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const [first, ...lines] = bytes.latin1Slice(0, end).split("\r\n");
      const headers = {};
      for (const line of lines) {
        const colon = line.indexOf(":");
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const from = end + END_OF_HEAD.length;
      this.#wanted = from + Number(headers["content-length"] ?? 0);
      if (bytes.length < this.#wanted) return;
      const body = bytes.subarray(from, this.#wanted);
      this.#chunks = bytes.length > this.#wanted ? [bytes.subarray(this.#wanted)] : [];
      this.#arrived -= this.#wanted;
      this.#wanted = 0;
      const { resolve } = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#socket.unref();
      resolve({ status: Number(first.split(" ")[1]), headers, body });
    }
  }

  #fail(error) {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
