// Says what it was told, and that it heard it: the two objects that the load generator waits for, in one frame.
let sequence = 0;

exports.echo = async ({ body }) => {
  // serverless-offline connects nobody without a handler of `$connect`.
  if (body === undefined) return { statusCode: 200 };
  sequence += 1;
  const chat = JSON.stringify({ type: "chat", sequence, content: JSON.parse(body).content });
  return { statusCode: 200, body: `${chat}\n${JSON.stringify({ type: "ack", sequence })}` };
};
