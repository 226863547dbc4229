//! Several frames sent as one text frame: an object a line.

use bytes::Bytes;

/// API Gateway's limit of one frame; what is longer it would cut wherever that happens to be.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const MAX_FRAME_BYTES: usize = 32 * 1024;

/// As few texts as hold all objects whole, in their order, none over 32 KB unless a single object is.
pub fn lines(objects: impl IntoIterator<Item = String>) -> Vec<Bytes> {
    let mut texts = Vec::<String>::new();
    for object in objects {
        match texts.last_mut() {
            Some(text) if text.len() + 1 + object.len() <= MAX_FRAME_BYTES => {
                text.push('\n');
                text.push_str(&object);
            }
            _ => texts.push(object),
        }
    }
    texts.into_iter().map(Bytes::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_objects_and_before_32_kilobytes() {
        let objects: Vec<String> = (0..9).map(|n| n.to_string().repeat(8_191)).collect();
        let texts = lines(objects.clone());
        // Four of them and three newlines are 32,767 bytes.
        assert_eq!(texts.iter().map(Bytes::len).collect::<Vec<_>>(), [32_767, 32_767, 8_191]);
        let text = texts.iter().map(|text| String::from_utf8(text.to_vec()).expect("text"));
        assert_eq!(text.collect::<Vec<_>>().join("\n"), objects.join("\n"));
        assert!(lines([]).is_empty());
    }
}
