//! A soak's figures and its verdict, as text and for a page.

use std::fmt::Write as _;

use super::growth::Growth;
use super::records::Tally;
use crate::report::Machine;

/// More than this from the middle third to the last is a leak.
const FLAT: f64 = 0.05;
/// A shorter run says nothing about leaks: its caches are still filling.
const JUDGED: f64 = 10.0;
/// How many differences are shown.
const SHOWN: usize = 20;

pub(super) struct Figures {
    pub(super) command: String,
    pub(super) date: String,
    pub(super) commit: String,
    pub(super) machine: Machine,
    pub(super) minutes: f64,
    pub(super) people: usize,
    pub(super) rooms: usize,
    pub(super) messages: usize,
    pub(super) tally: Tally,
    /// Rules that struck, and how often, in the plan's order.
    pub(super) faults: Vec<(String, u64)>,
    pub(super) growth: Option<Growth>,
    pub(super) differences: Vec<String>,
}

impl Figures {
    pub(super) fn is_right(&self) -> bool {
        self.differences.is_empty() && self.leak().is_none()
    }

    fn leak(&self) -> Option<Growth> {
        self.growth.filter(|growth| self.minutes >= JUDGED && growth.relative() > FLAT)
    }

    fn rows(&self) -> Vec<(String, String)> {
        let Tally { connects, refused_connects, goodbyes, vanished, lost_connections, repeats } = &self.tally;
        let faults: u64 = self.faults.iter().map(|(_, times)| times).sum();
        let mib = |bytes: f64| format!("{:.1} MiB", bytes / 1_048_576.0);
        let mut rows = vec![
            ("people in rooms, at once".to_owned(), format!("{} in {}", self.people, self.rooms)),
            ("time".to_owned(), format!("{:.0} minutes", self.minutes)),
            ("faults that struck".to_owned(), faults.to_string()),
            ("connections; refused at first".to_owned(), format!("{connects}; {refused_connects}")),
            (
                "ended with a goodbye; without; by a fault".to_owned(),
                format!("{goodbyes}; {vanished}; {lost_connections}"),
            ),
            ("messages acknowledged; sent again before".to_owned(), format!("{}; {repeats}", self.messages)),
            (
                "acknowledged and not in history, twice there, or changed; counts not exact at the end"
                    .to_owned(),
                self.differences.len().to_string(),
            ),
        ];
        if let Some(growth) = self.growth {
            rows.push((
                "resident memory in the second third and in the last; most".to_owned(),
                format!("{} and {}; {}", mib(growth.middle), mib(growth.last), mib(growth.most as f64)),
            ));
        }
        rows
    }

    fn origin(&self) -> String {
        let Machine { cpu, cores, kernel, .. } = &self.machine;
        format!("Measured on {} at commit {}. {cpu}, {cores} cores, {kernel}.", self.date, self.commit)
    }

    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let mut out = format!("{}\n\n", self.origin());
        let rows = self.rows();
        let width = rows.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default();
        // Writing to a `String` cannot fail.
        for (what, figure) in rows {
            let _ = writeln!(out, "{what:width$}  {figure}");
        }
        for (fault, times) in &self.faults {
            let _ = writeln!(out, "{fault:width$}  {times}");
        }
        for difference in self.differences.iter().take(SHOWN) {
            let _ = writeln!(out, "wrong: {difference}");
        }
        if let Some(more) = self.differences.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(out, "and {more} more");
        }
        if let Some(growth) = self.leak() {
            let _ = writeln!(out, "wrong: memory grew by {:.1} %", growth.relative() * 100.0);
        }
        out
    }

    /// For a page.
    pub(super) fn markdown(&self) -> String {
        let lines = self.rows().into_iter().map(|(what, figure)| format!("| {what} | {figure} |\n"));
        let lines = lines.collect::<String>();
        format!("{}\n\n| what | figure |\n|---|---:|\n{lines}\nCommand: `{}`.\n", self.origin(), self.command)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn figures(growth: Option<(f64, f64)>, differences: &[&str]) -> Figures {
        Figures {
            command: "bench soak".to_owned(),
            date: "2026-11-24".to_owned(),
            commit: "abc".to_owned(),
            machine: Machine::read().unwrap(),
            minutes: 30.0,
            people: 500,
            rooms: 25,
            messages: 10,
            tally: Tally::default(),
            faults: vec![("dynamodb throttle".to_owned(), 3)],
            growth: growth.map(|(middle, last)| Growth { middle, last, most: 9 }),
            differences: differences.iter().map(|&text| text.to_owned()).collect(),
        }
    }

    #[test]
    fn a_difference_or_a_leak_is_not_right_and_is_named() {
        assert!(figures(Some((100.0, 104.0)), &[]).is_right());
        let leak = figures(Some((100.0, 110.0)), &[]);
        assert!(!leak.is_right() && leak.text().contains("memory grew by 10.0 %"));
        let short = Figures { minutes: 1.0, ..figures(Some((100.0, 110.0)), &[]) };
        assert!(short.is_right(), "caches are filling");
        let lost = figures(None, &["room: message 3 is not in history"]);
        assert!(!lost.is_right() && lost.text().contains("message 3 is not in history"));
    }
}
