//! Pages of lists, by cursor.

use serde::{Deserialize, Serialize};

/// How many films a page has at most.
pub const MAX_LIMIT: u32 = 100;
pub const DEFAULT_LIMIT: u32 = 24;

/// A page of a list. `next_cursor` is None at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The first `limit` of `items`, of which there is one more if the list goes on: behind the last one's `cursor`.
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { items, next_cursor }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

/// Where a list goes on. Text for outsiders: they give it back as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// The public films, behind this one.
    Newest(Behind),
    /// Somebody's own films, behind this one.
    Mine(Behind),
    /// The search whose fingerprint is `query`, behind this many results.
    Search { query: u32, offset: u32 },
}

/// A place in a list by time, in microseconds since 1970, as exact as the database: films of one transaction are
/// neither skipped nor shown twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    pub at_us: i64,
    pub id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This cursor doesn't belong to this list. Start again without one.")]
pub struct InvalidCursor;

impl Cursor {
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let mut parts = text.split('.');
        let cursor = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(list @ ("n" | "m")), Some(at), Some(id), None) if !id.is_empty() => {
                let behind = Behind { at_us: at.parse().map_err(|_| InvalidCursor)?, id: id.to_owned() };
                if list == "n" { Cursor::Newest(behind) } else { Cursor::Mine(behind) }
            }
            (Some("s"), Some(query), Some(offset), None) => Cursor::Search {
                query: query.parse().map_err(|_| InvalidCursor)?,
                offset: offset.parse().map_err(|_| InvalidCursor)?,
            },
            _ => return Err(InvalidCursor),
        };
        Ok(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cursor::Newest(Behind { at_us, id }) => write!(f, "n.{at_us}.{id}"),
            Cursor::Mine(Behind { at_us, id }) => write!(f, "m.{at_us}.{id}"),
            Cursor::Search { query, offset } => write!(f, "s.{query}.{offset}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_can_be_read_back() {
        let behind = Behind { at_us: 17, id: "abc".into() };
        for cursor in [Cursor::Newest(behind.clone()), Cursor::Mine(behind), Cursor::Search { query: 9, offset: 24 }] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }
        for bad in ["", "n", "n.x.y", "s.1", "s.1.2.3", "q.1.2", "n.1."] {
            assert_eq!(Cursor::parse(bad), Err(InvalidCursor), "{bad}");
        }
    }
}
