//! How somebody likes to watch, kept in this browser for the next film.

use crate::components::theme::{remember, remembered};
use serde::{Deserialize, Serialize};

const KEY: &str = "kinora-taste";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Taste {
    pub volume: f64,
    pub muted: bool,
    /// In hundredths.
    pub speed: u32,
    /// Pixels of the shorter side; None leaves it to the player.
    pub height: Option<u32>,
    pub text_on: bool,
    /// Language of captions.
    pub text: Option<String>,
    pub text_size: TextSize,
    pub text_ground: TextGround,
    /// Language of the sound.
    pub sound: Option<String>,
    pub theatre: bool,
}

impl Default for Taste {
    fn default() -> Self {
        Self {
            volume: 1.0,
            muted: false,
            speed: 100,
            height: None,
            text_on: false,
            text: None,
            text_size: TextSize::Normal,
            text_ground: TextGround::Dim,
            sound: None,
            theatre: false,
        }
    }
}

impl Taste {
    pub fn recall() -> Self {
        remembered(KEY).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    pub fn keep(&self) {
        if let Ok(text) = serde_json::to_string(self) {
            remember(KEY, &text);
        }
    }
}

/// How large captions are, beside the player's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    Small,
    Normal,
    Large,
    Huge,
}

impl TextSize {
    pub const ALL: [TextSize; 4] = [TextSize::Small, TextSize::Normal, TextSize::Large, TextSize::Huge];

    pub fn as_str(self) -> &'static str {
        match self {
            TextSize::Small => "Small",
            TextSize::Normal => "Normal",
            TextSize::Large => "Large",
            TextSize::Huge => "Very large",
        }
    }
}

/// What stands behind captions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextGround {
    None,
    Dim,
    Solid,
}

impl TextGround {
    pub const ALL: [TextGround; 3] = [TextGround::None, TextGround::Dim, TextGround::Solid];

    pub fn as_str(self) -> &'static str {
        match self {
            TextGround::None => "No background",
            TextGround::Dim => "Dimmed background",
            TextGround::Solid => "Solid background",
        }
    }
}
