//! Path patterns: `/items/{id}` and `/files/{proxy+}`.

use percent_encoding::percent_decode_str;

#[derive(Debug)]
pub(super) struct Pattern(Vec<Segment>);

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Text(String),
    Variable(String),
    /// `{name+}`: everything that is left.
    Greedy(String),
}

impl Pattern {
    pub(super) fn parse(path: &str) -> Self {
        let segments = path.trim_matches('/').split('/').filter(|s| !s.is_empty());
        let parse = |segment: &str| match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(name) => Segment::Greedy(name.to_owned()),
                None => Segment::Variable(name.to_owned()),
            },
            None => Segment::Text(segment.to_owned()),
        };
        Self(segments.map(parse).collect())
    }

    /// Lower is more specific: fixed text before variables before a greedy one, segment by segment.
    pub(super) fn rank(&self) -> Vec<u8> {
        let rank = |segment: &Segment| match segment {
            Segment::Text(_) => 0,
            Segment::Variable(_) => 1,
            Segment::Greedy(_) => 2,
        };
        self.0.iter().map(rank).collect()
    }

    /// The path's variables, decoded, if it matches.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut rest = (!path.is_empty()).then_some(path);
        let mut variables = Vec::new();
        for segment in &self.0 {
            let all = rest?;
            let (first, behind) = match all.split_once('/') {
                Some((first, behind)) => (first, Some(behind)),
                None => (all, None),
            };
            match segment {
                Segment::Text(text) if *text == decoded(first) => {}
                Segment::Text(_) => return None,
                Segment::Variable(_) if first.is_empty() => return None,
                Segment::Variable(name) => variables.push((name.clone(), decoded(first))),
                Segment::Greedy(name) => {
                    variables.push((name.clone(), decoded(all)));
                    return Some(variables);
                }
            }
            rest = behind;
        }
        rest.is_none().then_some(variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
        Pattern::parse(pattern).matches(path)
    }

    #[test]
    fn variables_are_decoded_and_greedy_ones_take_the_rest() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(matches("/", "/"), Some(vec![]));
        assert_eq!(matches("/health", "/health/"), Some(vec![]));
        assert_eq!(matches("/health", "/health/x"), None);
        assert_eq!(matches("/health", "/"), None);
        assert_eq!(
            matches("/rooms/{room}/messages", "/rooms/a%20b/messages"),
            Some(vec![pair("room", "a b")])
        );
        assert_eq!(matches("/rooms/{room}/messages", "/rooms//messages"), None);
        assert_eq!(matches("/files/{path+}", "/files/a/b"), Some(vec![pair("path", "a/b")]));
        assert_eq!(matches("/files/{path+}", "/files"), None);
    }
}
