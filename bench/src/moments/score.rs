//! How good found moments are, by marked windows.

/// Seconds before a window's beginning, and after its end, that count as inside: chat reacts late.
pub const BEFORE: f64 = 10.0;
pub const AFTER: f64 = 30.0;

/// A highlight as a person marked it, in seconds of the recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub start: f64,
    pub end: f64,
}

impl Window {
    fn has(&self, second: f64) -> bool {
        (self.start - BEFORE..=self.end + AFTER).contains(&second)
    }
}

/// The counts, of one log or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// Moments found, and those among them inside some window.
    pub found: usize,
    pub hits: usize,
    /// Windows, and those among them with a moment inside.
    pub windows: usize,
    pub met: usize,
}

impl Card {
    /// Share of moments that are highlights; 1 where nothing was found.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.found)
    }

    /// Share of highlights that were found; 1 where there are none.
    pub fn recall(&self) -> f64 {
        share(self.met, self.windows)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            found: self.found + other.found,
            hits: self.hits + other.hits,
            windows: self.windows + other.windows,
            met: self.met + other.met,
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Judges moments by the seconds at which they are said to be.
pub fn score(seconds: &[f64], windows: &[Window]) -> Card {
    let inside = |second: &&f64| windows.iter().any(|window| window.has(**second));
    let met = |window: &&Window| seconds.iter().any(|second| window.has(*second));
    Card {
        found: seconds.len(),
        hits: seconds.iter().filter(inside).count(),
        windows: windows.len(),
        met: windows.iter().filter(met).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_counts_from_ten_seconds_before_a_window_to_thirty_after_it() {
        let windows = [Window { start: 100.0, end: 120.0 }, Window { start: 500.0, end: 520.0 }];
        let card = score(&[89.0, 90.0, 150.0, 151.0], &windows);
        assert_eq!(card, Card { found: 4, hits: 2, windows: 2, met: 1 });
        assert_eq!((card.precision(), card.recall(), card.f1()), (0.5, 0.5, 0.5));
        assert_eq!(score(&[], &windows).f1(), 0.0);
    }
}
