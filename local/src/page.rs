//! What a browser finds at `/`.

use bytes::Bytes;
use http::{Method, Request, Response, header};

/// Plain text that says where to connect.
pub(crate) fn answer(request: &Request<Bytes>) -> Option<Response<Bytes>> {
    if request.uri().path() != "/" || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.unwrap_or("127.0.0.1:8080");
    let text = format!(
        "Hubbub runs here.\n\n\
         Chat:     wscat -c 'ws://{host}/ws?room=global&userId=alice&username=Alice'\n\
         History:  http://{host}/api/rooms/global/messages\n\
         Health:   http://{host}/health\n"
    );
    let mut response = Response::new(Bytes::from(text));
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    Some(response)
}
