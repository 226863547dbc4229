"""What boto3 makes of @connections: prints the outcome of each call, one JSON object."""

import json
import sys

import boto3
from botocore.config import Config

# A retry would only wait for the same answer.
client = boto3.client("apigatewaymanagementapi", config=Config(retries={"total_max_attempts": 1}))
known, unknown, slow = sys.argv[1], "Zk3dQdpBABcCJ_w=", sys.argv[2]


def outcome(call):
    try:
        return call() and "ok"
    except client.exceptions.ClientError as error:
        # The type is what handlers catch. An exception that the SDK's model of this API does not have
        # is a ClientError, which handlers tell by its code.
        kind = type(error).__name__
        return kind if kind != "ClientError" else f"ClientError {error.response['Error']['Code']}"


def post(connection, data=b"hello"):
    return outcome(lambda: client.post_to_connection(ConnectionId=connection, Data=data))


def flood():
    for _ in range(1000):
        result = post(slow, b"x" * 100_000)
        if result != "ok":
            return result


print(json.dumps({
    "post": post(known),
    "get": outcome(lambda: client.get_connection(ConnectionId=known)["Identity"]),
    "gone": post(unknown),
    "malformed": outcome(lambda: client.get_connection(ConnectionId="abc")),
    "large": post(known, b"x" * 131_073),
    "slow": flood(),
    "delete": outcome(lambda: client.delete_connection(ConnectionId=known)),
    "deleted": post(known),
}))
