//! A router's own table, as its operator gets it.

mod bird;
mod frr;
mod gobgp;
mod parts;
mod texts;

pub use parts::{Format, Hints, Table};
pub(crate) use texts::distinguisher;

use crate::error::{cannot, Result};

impl Table {
    /// Reads a table; the format is seen from its form.
    ///
    /// # Errors
    /// When it has none of the forms, or the router says in it that it cannot tell.
    pub fn read(text: &str, hints: &Hints) -> Result<Self> {
        let start = text.trim_start();
        let json = start.starts_with('{');
        let mut table = match hints.format {
            Some(Format::Bird) => bird::read(text, hints)?,
            None if !json => bird::read(text, hints)?,
            format => {
                let value = serde_json::from_str(text)
                    .or_else(|error| cannot(format!("the router's table is no JSON: {error}")))?;
                match format.unwrap_or_else(|| {
                    if gobgp::looks_like(&value) {
                        Format::GoBgp
                    } else {
                        Format::Frr
                    }
                }) {
                    Format::GoBgp => gobgp::read(&value, hints)?,
                    _ => frr::read(&value, hints)?,
                }
            }
        };
        table.families.extend(hints.family);
        table.families.extend(table.routes.iter().map(|route| route.key.family()));
        Ok(table)
    }

    /// The same view of the same router in more than one file.
    ///
    /// # Errors
    /// When they do not belong together.
    pub fn join(mut self, other: Table) -> Result<Self> {
        if (self.format, self.view, self.peer) != (other.format, other.view, other.peer) {
            return cannot(format!(
                "the tables do not belong together: one is {} of {}, another {} of {}",
                self.view.as_str(),
                self.format.name(),
                other.view.as_str(),
                other.format.name()
            ));
        }
        self.local_as = self.local_as.or(other.local_as);
        self.families.extend(other.families);
        self.routes.extend(other.routes);
        self.many_paths.extend(other.many_paths);
        self.unread.extend(other.unread);
        Ok(self)
    }
}
