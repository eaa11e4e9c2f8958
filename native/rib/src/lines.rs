//! What attribute sets say as lines of one text: an expression goes through it once, and not through hundreds of thousands of sets that
//! lie anywhere in memory.
//!
//! The text is made when somebody asks for the first time, or bit by bit when somebody may soon; from then on the sets that come are
//! added before the next question. One that is gone leaves its line behind, which nobody is told of; when half of the lines are such, the
//! text is made anew.

use std::fmt::{Display, Write};
use std::hint::black_box;
use std::marker::PhantomData;
use std::sync::Mutex;

use regex::{Regex, RegexBuilder};
use wire::bgp::attribute::code;
use wire::bgp::AttributeValue;

use crate::attributes::SetId;
use crate::attributes::{attribute_of, next_hop_of};

/// What a set's line says.
pub(crate) trait Says {
    /// Adds it to a line, which has no end of a line within.
    fn say(set: &[u8], line: &mut String);
}

/// The AS path, as routers print it.
#[derive(Default)]
pub(crate) struct Path;

impl Says for Path {
    fn say(set: &[u8], line: &mut String) {
        if let Some(AttributeValue::AsPath(path)) = attribute_of(set, code::AS_PATH) {
            let _ = write!(line, "{path}");
        }
    }
}

/// Next hop and communities: each between semicolons, behind the letter of its kind.
#[derive(Default)]
pub(crate) struct Marks;

impl Marks {
    pub(crate) const NEXT_HOP: char = 'n';
    pub(crate) const COMMUNITY: char = 'c';
    pub(crate) const LARGE: char = 'l';
    pub(crate) const EXTENDED: char = 'e';

    /// Finds the lines that have it.
    pub(crate) fn expression(kind: char, text: &str) -> Option<Expression> {
        // A semicolon is in none of them, and neither is an end of a line in a line.
        let text = regex::escape(&text.replace(';', "\n"));
        Expression::new(&format!(";{kind}{text};"), 1 << 20).ok()
    }
}

fn mark(line: &mut String, kind: char, one: &impl Display) {
    let _ = write!(line, "{kind}{one};");
}

impl Says for Marks {
    fn say(set: &[u8], line: &mut String) {
        line.push(';');
        if let Some(next_hop) = next_hop_of(set) {
            mark(line, Self::NEXT_HOP, &next_hop);
        }
        if let Some(AttributeValue::Communities(held)) = attribute_of(set, code::COMMUNITIES) {
            held.0.iter().for_each(|one| mark(line, Self::COMMUNITY, one));
        }
        if let Some(AttributeValue::LargeCommunities(held)) = attribute_of(set, code::LARGE_COMMUNITIES) {
            held.0.iter().for_each(|one| mark(line, Self::LARGE, one));
        }
        if let Some(AttributeValue::ExtendedCommunities(held)) = attribute_of(set, code::EXTENDED_COMMUNITIES)
        {
            held.0.iter().for_each(|one| mark(line, Self::EXTENDED, one));
        }
    }
}

/// What was asked last is ready for the next question.
#[derive(Default)]
pub(crate) struct Lines<S>(Mutex<Option<Text<S>>>);

#[derive(Default)]
struct Text<S> {
    text: String,
    lines: Vec<Line>,
    /// By set: its line.
    of_set: Vec<u32>,
    /// Sets without a line: at first all of them, then those that came since.
    fresh: Vec<SetId>,
    /// How many there were at first.
    begun: usize,
    says: PhantomData<S>,
}

#[derive(Clone, Copy)]
struct Line {
    start: u32,
    set: SetId,
}

/// A set without a line.
const NONE: u32 = u32::MAX;

/// So many sets are brought near at once: one by one each would wait for memory.
const NEAR: usize = 64;

/// An expression for single paths and for lines of many.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    alone: Regex,
    /// None where the expression could match over the end of a line.
    lines: Option<Regex>,
}

impl Expression {
    pub(crate) fn new(text: &str, most_octets: usize) -> Result<Self, regex::Error> {
        let alone = RegexBuilder::new(text).size_limit(most_octets).build()?;
        let lines = || RegexBuilder::new(text).multi_line(true).size_limit(most_octets).build().ok();
        Ok(Expression { alone, lines: stays_in_a_line(text).then(lines).flatten() })
    }

    pub(crate) fn as_str(&self) -> &str {
        self.alone.as_str()
    }

    pub(crate) fn is_match(&self, path: &str) -> bool {
        self.alone.is_match(path)
    }
}

/// Whether an expression can match no end of a line, and no other end than that of a line: then it finds in a text of many lines what it
/// finds in each alone, and no match is looked for further than to the end of its line. Of what it may be made of only what is
/// known to be so counts: no classes of what something is not, no names of classes, and of what begins with a backslash digits, ends of
/// words and signs.
fn stays_in_a_line(text: &str) -> bool {
    let groups = text.match_indices("(?").count() == text.match_indices("(?:").count();
    let classes = !text.contains("[^") && !text.contains("[:");
    let signs = text.chars().all(|sign| !sign.is_control());
    let mut rest = text.chars();
    let mut escapes = true;
    while let Some(sign) = rest.next() {
        escapes &= sign != '\\'
            || rest
                .next()
                .is_some_and(|escaped| matches!(escaped, 'b' | 'd') || escaped.is_ascii_punctuation());
    }
    groups && classes && signs && escapes
}

impl<S: Says + Default> Lines<S> {
    /// A set came.
    pub(crate) fn came(&mut self, set: SetId) {
        if let Ok(Some(text)) = self.0.get_mut() {
            text.fresh.push(set);
            // Nobody asks any more, or so much came that all can as well be read again.
            if text.fresh.len() > 1024 + text.lines.len().max(text.begun) {
                self.forget();
            }
        }
    }

    fn forget(&mut self) {
        if let Ok(text) = self.0.get_mut() {
            *text = None;
        }
    }

    /// Gives up to so many sets their line. False while there are more without one.
    pub(crate) fn prepare<'a>(
        &self,
        count: usize,
        bytes: impl Fn(SetId) -> Option<&'a [u8]>,
        most: usize,
    ) -> bool {
        let Ok(mut held) = self.0.lock() else { return true };
        let text = held.get_or_insert_with(|| Text::of(count));
        text.update(count, bytes, most);
        text.fresh.is_empty()
    }

    /// Whether there are lines, but for what came since.
    pub(crate) fn is_ready(&self) -> bool {
        self.0.lock().is_ok_and(|held| {
            held.as_ref().is_some_and(|text| text.fresh.len() <= NEAR + text.lines.len() / 8)
        })
    }

    /// Calls `found` with each set whose line matches all of the expressions, perhaps also with sets that are no more. `bytes` gives
    /// the octets of a set; there are `count` of them.
    pub(crate) fn search<'a>(
        &self,
        expressions: &[Expression],
        count: usize,
        bytes: impl Fn(SetId) -> Option<&'a [u8]>,
        mut found: impl FnMut(SetId),
    ) {
        let Ok(mut held) = self.0.lock() else { return };
        let text = held.get_or_insert_with(|| Text::of(count));
        text.update(count, bytes, usize::MAX);
        let Some((first, others)) = expressions.split_first() else { return };
        text.search(first, |text, place| {
            let Some(line) = text.lines.get(place) else { return };
            if text.set_of(*line) == Some(place)
                && others.iter().all(|other| other.is_match(text.line(place)))
            {
                found(line.set);
            }
        });
    }
}

impl<S: Says + Default> Text<S> {
    fn of(count: usize) -> Self {
        let fresh = (0..count).filter_map(|set| SetId::try_from(set).ok()).collect();
        Text { fresh, begun: count, ..Text::default() }
    }

    fn update<'a>(&mut self, count: usize, bytes: impl Fn(SetId) -> Option<&'a [u8]>, most: usize) {
        if self.lines.len() + self.fresh.len() > 1024 + 2 * count {
            *self = Text::of(count);
        }
        let now = self.fresh.split_off(self.fresh.len() - most.min(self.fresh.len()));
        for some in now.chunks(NEAR) {
            // The sum is of no use: all of them are brought near at the same time.
            let octets = some.iter().filter_map(|set| bytes(*set)?.first());
            black_box(octets.fold(0_u8, |sum, octet| sum ^ octet));
            some.iter().for_each(|set| self.add(*set, &bytes));
        }
    }

    fn add<'a>(&mut self, set: SetId, bytes: impl Fn(SetId) -> Option<&'a [u8]>) {
        let Some(bytes) = bytes(set) else { return };
        // A text of four GiB would be of as many sets as no table has.
        let Ok(start) = u32::try_from(self.text.len()) else { return };
        S::say(bytes, &mut self.text);
        self.text.push('\n');
        let place = usize::try_from(set).unwrap_or(usize::MAX);
        if self.of_set.len() <= place {
            self.of_set.resize(place + 1, NONE);
        }
        if let Some(line) = self.of_set.get_mut(place) {
            *line = u32::try_from(self.lines.len()).unwrap_or(NONE);
        }
        self.lines.push(Line { start, set });
    }

    /// The line that its set has now.
    fn set_of(&self, line: Line) -> Option<usize> {
        let place = *self.of_set.get(usize::try_from(line.set).ok()?)?;
        (place != NONE).then(|| usize::try_from(place).ok())?
    }

    fn start(&self, place: usize) -> usize {
        self.lines.get(place).map_or(self.text.len(), |line| line.start as usize)
    }

    fn line(&self, place: usize) -> &str {
        self.text.get(self.start(place)..self.start(place + 1).saturating_sub(1)).unwrap_or_default()
    }

    /// Calls `found` with the place of each line that matches.
    fn search(&self, expression: &Expression, mut found: impl FnMut(&Self, usize)) {
        let Some(of_lines) = &expression.lines else {
            let all = 0..self.lines.len();
            return all
                .filter(|place| expression.is_match(self.line(*place)))
                .for_each(|place| found(self, place));
        };
        let mut place = 0;
        while let Some(hit) = of_lines.find_at(&self.text, self.start(place)) {
            let rest = self.lines.get(place..).unwrap_or_default();
            place += rest.partition_point(|line| line.start as usize <= hit.start());
            // Behind the last line nothing is left but the end of the text.
            if place > self.lines.len() || hit.start() >= self.text.len() {
                break;
            }
            found(self, place - 1);
            if place == self.lines.len() {
                break;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(paths: &[String]) -> Text<Path> {
        let mut lines = Text::default();
        for (place, path) in paths.iter().enumerate() {
            lines.lines.push(Line { start: lines.text.len() as u32, set: place as u32 });
            lines.of_set.push(place as u32);
            lines.text.push_str(path);
            lines.text.push('\n');
        }
        lines
    }

    fn found(lines: &Text<Path>, pattern: &str) -> Vec<usize> {
        let mut places = Vec::new();
        lines.search(&Expression::new(pattern, 1 << 20).unwrap(), |_, place| places.push(place));
        places
    }

    proptest! {
        /// What the text of many lines gives is what each path alone gives.
        #[test]
        fn many_lines_match_as_each_alone(
            paths in prop::collection::vec(r"([1-3]{1,2}( |,|\{|\})?){0,4}", 0..12),
            pattern in r"(\^|\$|\\b|[1-3]|[1-3]\*|\.|\.\*| |\[\^1\]|\[\^1\]\*|\\s|\\W\+|\||\(2\|3\)){1,5}",
        ) {
            let Ok(alone) = Regex::new(&pattern) else { return Ok(()) };
            let expected: Vec<usize> =
                (0..paths.len()).filter(|place| alone.is_match(&paths[*place])).collect();
            prop_assert_eq!(found(&lines(&paths), &pattern), expected, "{} of {:?}", pattern, paths);
        }
    }

    #[test]
    fn the_ends_of_all_that_is_given_are_those_of_each_path() {
        let lines = lines(&["1 2".into(), "2 1".into()]);
        assert_eq!(found(&lines, r"\A2"), [1]);
        assert_eq!(found(&lines, r"2\z"), [0]);
        assert_eq!(found(&lines, "(?s)2.*1"), [1]);
        assert_eq!(found(&lines, "[^3]"), [0, 1]);
        assert!([r"_|^|$", r"(?:^|[ ,{}()\[\]]|$)64500", r"\b1\b.*2$"].into_iter().all(stays_in_a_line));
        assert!(![r"[^1]", r"\s", r"\W", r"(?s).", "[[:space:]]", r"\x0a", "\n"]
            .into_iter()
            .any(stays_in_a_line));
    }
}
