// The room's handlers, for the emulator and for serverless-offline. ENDPOINT is where to post.
const { ApiGatewayManagementApiClient, PostToConnectionCommand } = require("@aws-sdk/client-apigatewaymanagementapi");

const client = new ApiGatewayManagementApiClient({
  endpoint: process.env.ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
const connections = new Set();
let sequence = 0;

async function post(connectionId, frame) {
  try {
    await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame }));
  } catch (error) {
    // By its status: serverless-offline does not name the error.
    if (error.$metadata?.httpStatusCode !== 410) throw error;
    connections.delete(connectionId);
  }
}

exports.room = async ({ requestContext: { routeKey, connectionId }, body }) => {
  if (routeKey === "$connect") {
    connections.add(connectionId);
  } else if (routeKey === "$disconnect") {
    connections.delete(connectionId);
  } else {
    sequence += 1;
    const ack = JSON.stringify({ type: "ack", sequence });
    const chat = JSON.stringify({ type: "chat", sequence, content: JSON.parse(body).content });
    await Promise.all([...connections].map((id) => post(id, chat)));
    await post(connectionId, ack);
  }
  return { statusCode: 200 };
};
