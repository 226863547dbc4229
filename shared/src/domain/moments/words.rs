//! The words that were said most, in constant memory: space-saving (Metwally, Agrawal, El Abbadi
//! 2005). A hint at what happened, not a count to rely on.

/// Words of a bucket, and of a moment.
pub(super) const SLOTS: usize = 12;

/// Words and how often, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(Vec<(String, u32)>);

impl Words {
    pub(super) fn add(&mut self, word: &str, times: u32) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| known == word) {
            *count = count.saturating_add(times);
        } else if self.0.len() < SLOTS {
            self.0.push((word.to_owned(), times));
        } else if let Some(least) = self.0.iter_mut().min_by_key(|(_, count)| *count) {
            // The newcomer inherits the count, so that what is frequent later is not missed.
            *least = (word.to_owned(), least.1.saturating_add(times));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (word, times) in &other.0 {
            self.add(word, *times);
        }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u32)> + '_ {
        self.0.iter().map(|(word, count)| (word.as_str(), *count))
    }

    /// Said at least twice, most said first, then by letter.
    pub(super) fn top(&self) -> Vec<(String, u32)> {
        let mut sorted: Vec<_> = self.0.iter().filter(|(_, count)| *count > 1).cloned().collect();
        sorted.sort_by(|(a, na), (b, nb)| nb.cmp(na).then_with(|| a.cmp(b)));
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_word_is_found_among_any_number_of_rare_ones() {
        let mut words = Words::default();
        for n in 0..1_000 {
            words.add(&format!("rare{n}"), 1);
            if n % 4 == 0 {
                words.add("clutch", 1);
            }
        }
        assert_eq!(words.iter().len(), SLOTS);
        assert_eq!(words.top()[0].0, "clutch");
    }
}
