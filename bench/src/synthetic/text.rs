//! What is said: sentences, reactions, and the things that come in bursts without anything happening.

use super::random::Random;

/// What people talk with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// As ever: about half sentences, half reactions.
    Usual,
    /// To a highlight: nearly all the same few reactions.
    Excited,
    /// To a joke or a mishap that nobody marks.
    Amused,
    /// To a question of the streamer: words, all different.
    Answering,
    /// To a call for votes.
    Voting,
    /// A raid arrives.
    Raiding,
}

const REACTIONS: [&str; 24] = [
    "LUL", "LUL LUL", "KEKW", "lol", "lmao", "xD", "haha", "hahaha", "no way", "wtf", "what", "gg", "nice",
    "Kappa", "monkaS", "Pog", "true", "yes", "no", "?", "rip", "F", "hi", ":)",
];
const EXCITED: [&str; 14] = [
    "PogChamp",
    "POG",
    "Pog",
    "PogChamp PogChamp PogChamp",
    "OMG",
    "omg",
    "WTF",
    "LETS GO",
    "HOLY",
    "insane",
    "CLIP IT",
    "no way",
    "POGGERS",
    "WOW",
];
const AMUSED: [&str; 9] = ["LUL", "LUL LUL LUL", "KEKW", "OMEGALUL", "lol", "lmao", "hahaha", "rip", "xD"];
const WORDS: [&str; 48] = [
    "the", "a", "is", "this", "that", "you", "i", "game", "play", "when", "did", "stream", "build", "map",
    "he", "she", "they", "was", "why", "boss", "level", "what", "about", "last", "time", "think", "really",
    "good", "bad", "new", "patch", "sound", "music", "chat", "mods", "sub", "from", "with", "weapon",
    "skill", "run", "first", "next", "year", "never", "always", "better", "than",
];

pub(super) fn say(manner: Manner, random: &mut Random) -> String {
    // Somebody always talks about something else.
    let react = match manner {
        Manner::Usual => 0.5,
        Manner::Excited => 0.85,
        Manner::Amused => 0.8,
        Manner::Answering => 0.35,
        Manner::Voting | Manner::Raiding => 0.9,
    };
    if !random.chance(react) {
        return sentence(random);
    }
    match manner {
        Manner::Usual | Manner::Answering => random.pick(&REACTIONS).to_owned(),
        Manner::Excited => EXCITED[random.skewed(EXCITED.len(), 1.6)].to_owned(),
        Manner::Amused => AMUSED[random.skewed(AMUSED.len(), 1.3)].to_owned(),
        Manner::Voting => random.pick(&["1", "2", "1", "11"]).to_owned(),
        Manner::Raiding => random.pick(&["hello RAID", "wolfpack RAID wolfpack RAID", "hi all"]).to_owned(),
    }
}

fn sentence(random: &mut Random) -> String {
    let length = 3 + random.below(9);
    let words: Vec<&str> = (0..length).map(|_| random.pick(&WORDS)).collect();
    words.join(" ")
}
