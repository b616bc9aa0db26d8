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

/// Where a list goes on: behind the film that was published at `before_ms` with the id `id`, or behind `offset` results
/// of the search for `query`. Text for outsiders: they give it back as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Newest { before_ms: i64, id: String },
    Search { query: u32, offset: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("This cursor doesn't belong to this list. Start again without one.")]
pub struct InvalidCursor;

impl Cursor {
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let mut parts = text.split('.');
        let cursor = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("n"), Some(ms), Some(id), None) if !id.is_empty() => {
                Cursor::Newest { before_ms: ms.parse().map_err(|_| InvalidCursor)?, id: id.to_owned() }
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
            Cursor::Newest { before_ms, id } => write!(f, "n.{before_ms}.{id}"),
            Cursor::Search { query, offset } => write!(f, "s.{query}.{offset}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_can_be_read_back() {
        for cursor in [Cursor::Newest { before_ms: 17, id: "abc".into() }, Cursor::Search { query: 9, offset: 24 }] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }
        for bad in ["", "n", "n.x.y", "s.1", "s.1.2.3", "q.1.2", "n.1."] {
            assert_eq!(Cursor::parse(bad), Err(InvalidCursor), "{bad}");
        }
    }
}
