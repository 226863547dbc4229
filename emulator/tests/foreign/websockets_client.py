"""Python's `websockets` as a client that offers compression: prints what came of it, one JSON object."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect


async def main():
    async with connect(sys.argv[1], compression="deflate") as socket:
        await socket.send("hello " * 500)
        heard = json.loads(await socket.recv())["message"]
        await socket.close(4000, "bye")
        extensions = "Sec-WebSocket-Extensions"
        print(json.dumps({
            "offered": "permessage-deflate" in socket.request.headers[extensions],
            "negotiated": "permessage-deflate" in socket.response.headers.get(extensions, ""),
            "heard": heard,
            "closed": socket.close_code,
        }))


asyncio.run(main())
