"""A client of Lambda's Runtime API for handlers in Python: loads `_HANDLER` from `LAMBDA_TASK_ROOT` and gives it
one event after another. Standard library only. What a handler sees and what its errors look like is as with AWS's
python runtimes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import decimal
import importlib
import json
import logging
import os
import sys
import time
import traceback
from http.client import HTTPConnection
from types import SimpleNamespace

# Without a limit, whatever a handler's module sets for its own sockets: the next event may be long in coming.
connection = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=None)


class Fault(Exception):
    """An error that is the runtime's and not the handler's."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.trace = "Runtime." + kind, list(trace)


class Context:
    identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = client_context(headers["Lambda-Runtime-Client-Context"])
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def client_context(header):
    if not header:
        return None
    given = json.loads(header)
    client = given.get("client")
    return SimpleNamespace(
        custom=given.get("custom"), env=given.get("env"), client=client and SimpleNamespace(**client)
    )


def call(method, action, body=None, headers={}):
    connection.request(method, "/2018-06-01/runtime/" + action, body, headers)
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def report(action, error, request_id=""):
    document = describe(error, request_id)
    print(f"[ERROR] {document['errorType']}: {document['errorMessage']}", file=sys.stderr)
    if document["stackTrace"]:
        print("Traceback (most recent call last):", file=sys.stderr)
        print("".join(document["stackTrace"]), end="", file=sys.stderr)
    kind = document["errorType"].encode("ascii", "replace").decode()
    call("POST", action, json.dumps(document), {"Lambda-Runtime-Function-Error-Type": kind})


def describe(error, request_id):
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        # Without the frames that are not the handler's.
        frames = traceback.extract_tb(error.__traceback__)
        while frames and (frames[0].filename == __file__ or "importlib" in frames[0].filename):
            del frames[0]
        kind, trace = type(error).__name__, traceback.format_list(frames)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def find(handler):
    """`package/module.function` or `package.module.function`."""
    name, _, function = handler.rpartition(".")
    if not name or not function:
        raise Fault("MalformedHandlerName", f"Bad handler '{handler}': it must be module.function")
    if name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", f"Cannot use built-in module {name} as a handler module")
    try:
        module = importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        hint(error)
        raise Fault("ImportModuleError", f"Unable to import module '{name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("UserCodeSyntaxError", f"Syntax error in module '{name}': {error}", trace) from error
    try:
        return getattr(module, function)
    except AttributeError:
        raise Fault("HandlerNotFound", f"Handler '{function}' missing on module '{name}'") from None


def hint(error):
    """Says what to do about a module that is there on AWS and not here."""
    missing = (error.name or "").split(".")[0]
    if missing in ("boto3", "botocore"):
        print(
            f"On AWS the Python runtime has {missing}; here `{sys.executable} -m pip install {missing}` provides it.",
            file=sys.stderr,
        )
    elif missing and os.path.exists("requirements.txt"):
        print(
            f"`{sys.executable} -m pip install -r {os.path.abspath('requirements.txt')}`, or `sam build`, provides "
            "what requirements.txt asks for.",
            file=sys.stderr,
        )


def number(value):
    """A DynamoDB number is a Decimal, and a number in a result as well."""
    if not isinstance(value, decimal.Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    whole = value.is_finite() and value == value.to_integral_value()
    return int(value) if whole else float(value)


def marshal(result):
    if isinstance(result, bytes):
        return result
    try:
        return json.dumps(result, default=number).encode()
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error


def start_log(request):
    """Loggers without handlers of their own print as on AWS."""
    form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(lambda record: record.__dict__.update(aws_request_id=request.id) or True)
    logging.Formatter.converter = time.gmtime
    logging.getLogger().addHandler(handler)


def main():
    # The handler's folder instead of this file's.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    request = SimpleNamespace(id="")
    start_log(request)
    try:
        handler = find(os.environ["_HANDLER"])
    except Exception as error:
        report("init/error", error)
        sys.exit(1)
    while True:
        status, headers, body = call("GET", "invocation/next")
        if status != 200:
            return  # The emulator stops.
        request.id = headers["Lambda-Runtime-Aws-Request-Id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"] or ""
        try:
            result = marshal(handler(json.loads(body), Context(headers)))
        except Exception as error:
            report(f"invocation/{request.id}/error", error, request.id)
        else:
            call("POST", f"invocation/{request.id}/response", result, {"Content-Type": "application/json"})


try:
    main()
except OSError as error:
    # The emulator is gone.
    sys.exit(f"the Runtime API cannot be reached: {error}")
