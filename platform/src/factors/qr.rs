//! QR codes as paths, which a page draws without a picture being fetched.

use crate::{Error, Result};
use domain::factors::Qr;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// What stays empty around it (ISO/IEC 18004).
const MARGIN: usize = 4;

pub(super) fn draw(text: &str) -> Result<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|e| Error::internal(e.to_string()))?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + MARGIN, y + MARGIN, run.len(), run.len());
            }
            x += run.len();
        }
    }
    Ok(Qr { size: u32::try_from(width + 2 * MARGIN).map_err(Error::internal)?, path })
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn a_code_is_a_path_within_its_margin() {
        let qr = draw("otpauth://totp/Kinora:ada?secret=MZXW6YTBOI").unwrap();
        assert!(qr.path.starts_with("M4 4h7v1h-7z"), "{}", &qr.path[..40]);
        assert!((29..=61).contains(&qr.size));
    }
}
