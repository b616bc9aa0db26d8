//! The storyboard: small pictures of the film at even distances, on sheets, for whoever looks for a place in it.

use crate::id::BuildId;
use crate::key::MediaKey;
use serde::{Deserialize, Serialize};

/// Pictures of a film, at most; those of a file that is read from its beginning may be half as many.
pub const MOST_TILES: u32 = 200;
/// Closer together they tell nothing new.
const LEAST_INTERVAL_MS: i64 = 2_000;
/// The longer side of a picture, pixels.
const TILE_SIDE: u32 = 160;
/// Pictures in a row of a sheet, and rows at most.
const COLUMNS: u32 = 5;
const ROWS: u32 = 5;

/// What is on the sheets: row by row, sheet by sheet. The picture of number k stands for the film from k intervals on, and
/// shows what is in the middle of that stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub interval_ms: i64,
    /// Pixels of a picture, even.
    pub tile_width: u32,
    pub tile_height: u32,
    pub columns: u32,
    /// Of every sheet but the last, which has as many as it needs.
    pub rows: u32,
    /// Pictures, of all sheets.
    pub count: u32,
    /// How long the film is.
    pub duration_ms: i64,
}

/// Stored sheets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storyboard {
    /// Of the claim that stored them.
    pub fence: i64,
    pub layout: Layout,
}

impl Layout {
    /// For a film of that size as it is shown. Where its length isn't known, as if it were short.
    pub fn of(width: u32, height: u32, duration_ms: Option<i64>) -> Self {
        let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
        let side = |side: u64| ((side * u64::from(TILE_SIDE) / width.max(height)) as u32 / 2 * 2).max(2);
        let duration_ms = duration_ms.unwrap_or(0).max(0);
        let interval_ms = ceil(duration_ms, i64::from(MOST_TILES)).max(LEAST_INTERVAL_MS);
        Self {
            interval_ms,
            tile_width: side(width),
            tile_height: side(height),
            columns: COLUMNS,
            rows: ROWS,
            count: ceil(duration_ms, interval_ms) as u32,
            duration_ms,
        }
    }

    /// When what a picture shows is shown.
    pub fn middle_ms(&self, tile: u32) -> i64 {
        i64::from(tile) * self.interval_ms + self.interval_ms / 2
    }

    pub fn tiles_a_sheet(&self) -> u32 {
        (self.columns * self.rows).max(1)
    }

    pub fn sheets(&self) -> u32 {
        self.count.div_ceil(self.tiles_a_sheet())
    }

    /// Where a picture is: its sheet, and how far from the left and the top.
    pub fn place(&self, tile: u32) -> (u32, u32, u32) {
        let (sheet, on_sheet) = (tile / self.tiles_a_sheet(), tile % self.tiles_a_sheet());
        let columns = self.columns.max(1);
        (sheet, on_sheet % columns * self.tile_width, on_sheet / columns * self.tile_height)
    }

    /// Pixels of a sheet.
    pub fn sheet_size(&self, sheet: u32) -> (u32, u32) {
        let tiles = self.count.saturating_sub(sheet * self.tiles_a_sheet()).min(self.tiles_a_sheet());
        (self.columns * self.tile_width, tiles.div_ceil(self.columns.max(1)) * self.tile_height)
    }
}

impl Storyboard {
    /// Its sheets' keys.
    pub fn keys<'a>(&'a self, build: &'a BuildId) -> impl Iterator<Item = MediaKey> + 'a {
        (0..self.layout.sheets()).map(|number| self.key(build, number))
    }

    pub fn key(&self, build: &BuildId, number: u32) -> MediaKey {
        MediaKey::Sheet { build: build.clone(), number, fence: self.fence }
    }
}

/// The quotient, rounded up.
fn ceil(number: i64, by: i64) -> i64 {
    (number + by - 1) / by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_of_any_length_has_at_most_two_hundred_pictures() {
        for (duration_ms, interval_ms, count, sheets) in [
            (0, 2_000, 0, 0),
            (1, 2_000, 1, 1),
            (60_000, 2_000, 30, 2),
            (400_000, 2_000, 200, 8),
            (400_001, 2_001, 200, 8),
            (7_200_000, 36_000, 200, 8),
            (86_400_000, 432_000, 200, 8),
        ] {
            let layout = Layout::of(1920, 1080, Some(duration_ms));
            assert_eq!((layout.interval_ms, layout.count, layout.sheets()), (interval_ms, count, sheets));
        }
    }

    #[test]
    fn pictures_have_the_films_shape() {
        for (size, tile) in [
            ((1920, 1080), (160, 90)),
            ((1080, 1920), (90, 160)),
            ((640, 480), (160, 120)),
            ((8192, 16), (160, 2)),
            ((2048, 858), (160, 66)),
        ] {
            let layout = Layout::of(size.0, size.1, None);
            assert_eq!((layout.tile_width, layout.tile_height), tile, "{size:?}");
        }
    }

    #[test]
    fn pictures_stand_row_by_row_and_the_last_sheet_is_as_high_as_it_has_to_be() {
        let layout = Layout::of(1920, 1080, Some(56_000));
        assert_eq!(layout.count, 28);
        assert_eq!(
            [0, 4, 5, 24, 25, 27].map(|tile| layout.place(tile)),
            [(0, 0, 0), (0, 640, 0), (0, 0, 90), (0, 640, 360), (1, 0, 0), (1, 320, 0)]
        );
        assert_eq!((layout.sheet_size(0), layout.sheet_size(1)), ((800, 450), (800, 90)));
    }
}
