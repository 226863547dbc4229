//! What a text says, whatever it looks like: the form in which texts are compared.

use unicode_normalization::UnicodeNormalization;

/// The text's words in lower case, a space before and after each: compatibility forms (NFKC, so that
/// `ｂａｄ` and `𝐛𝐚𝐝` are `bad`), invisible characters dropped, everything that is neither letter nor
/// digit taken for a space, and letters that stand alone put together (`b.a d` is `bad`).
///
/// Not seen through: look-alikes of other scripts and digits for letters.
pub(super) fn normal_form(text: &str) -> String {
    let folded: String = text.nfkc().filter(|c| !invisible(*c)).flat_map(char::to_lowercase).nfkc().collect();
    let mut form = String::from(" ");
    let mut alone = false;
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let single = word.chars().nth(1).is_none();
        if single && alone {
            form.pop();
        }
        form.push_str(word);
        form.push(' ');
        alone = single;
    }
    form
}

/// Unicode's default ignorable characters and the combining marks that NFKC leaves over: they show as
/// nothing or as dirt on the letter before.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        for text in
            ["bad", "BAD", "ｂａｄ", "𝐛𝐚𝐝", "b a d", "b.a_d", "b\u{200b}ad", "ba\u{ad}d!", "b\u{336}ad"]
        {
            assert_eq!(normal_form(text), " bad ", "{text:?}");
        }
        assert_eq!(normal_form("I  am,\n not b a d at all"), " i am not bad at all ");
        assert_eq!(normal_form(" ... "), " ");
    }

    proptest! {
        #[test]
        fn a_form_is_words_between_single_spaces(text in any::<String>()) {
            let form = normal_form(&text);
            prop_assert!(form.starts_with(' ') && form.ends_with(' '));
            prop_assert!(!form.contains("  "));
        }
    }
}
