"""An Invoke endpoint for Python handlers, as `sam local start-lambda` is one: PORT, then one
function=module.handler for each function. Prints a line when it listens."""

import importlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

handlers = {}


class Invoke(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        payload = self.rfile.read(int(self.headers["Content-Length"]))
        handler = handlers.get(self.path.split("/")[3])
        status, headers, body = 404, {}, b"{}"
        if handler:
            status = 200
            try:
                body = json.dumps(handler(json.loads(payload), None)).encode()
            except Exception as error:
                headers = {"X-Amz-Function-Error": "Unhandled"}
                body = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


for argument in sys.argv[2:]:
    function, target = argument.split("=")
    module, name = target.rsplit(".", 1)
    handlers[function] = getattr(importlib.import_module(module), name)
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Invoke)
print("listening", flush=True)
server.serve_forever()
