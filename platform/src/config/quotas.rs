//! How much films may take, by role.

use super::vars::{self, Vars};
use domain::actor::Role;
use domain::quota::Quota;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotas {
    by_role: [Quota; 4],
    /// What all people's films together may take.
    pub site: Quota,
}

type ByRole = [Option<u64>; 4];

impl Quotas {
    /// The same for each role.
    pub fn each(quota: Quota) -> Self {
        Self { by_role: [quota; 4], site: Quota::default() }
    }

    pub fn of(&self, role: Role) -> Quota {
        self.by_role[role as usize]
    }

    /// None only after a problem was noted.
    pub(super) fn read(v: &mut Vars<'_>) -> Option<Self> {
        let bytes = v.or("KINORA_QUOTA_BYTES", ByRole::default(), by_role);
        let films = v.or("KINORA_QUOTA_FILMS", ByRole::default(), by_role);
        let site = Quota {
            bytes: v.optional("KINORA_SITE_QUOTA_BYTES", vars::number(0..=i64::MAX as u64)),
            films: v.optional("KINORA_SITE_QUOTA_FILMS", vars::number(0..=i64::MAX as u64)),
        };
        let (bytes, films) = (bytes?, films?);
        let by_role = Role::ALL.map(|role| Quota { bytes: bytes[role as usize], films: films[role as usize] });
        Some(Self { by_role, site })
    }
}

/// `1000` for all, or `uploader=1000,moderator=none`: a role that isn't named has no limit.
fn by_role(text: &str) -> Result<ByRole, String> {
    let wrong = || "must be a number for all, or like uploader=50000000000,moderator=none".to_owned();
    let limit = |text: &str| match text {
        "none" => Ok(None),
        number => number.parse::<i64>().ok().filter(|n| *n >= 0).map(|n| Some(n.unsigned_abs())).ok_or_else(wrong),
    };
    if !text.contains('=') {
        return Ok([limit(text)?; 4]);
    }
    let mut limits = ByRole::default();
    for part in text.split(',') {
        let (role, number) = part.split_once('=').ok_or_else(wrong)?;
        let role: Role = role.trim().parse().map_err(|_| wrong())?;
        limits[role as usize] = limit(number.trim())?;
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::by_role;

    #[test]
    fn a_limit_is_for_all_or_by_role() {
        assert_eq!(by_role("1000"), Ok([Some(1000); 4]));
        assert_eq!(by_role("uploader=5, moderator=none,viewer=0"), Ok([Some(0), Some(5), None, None]));
        for bad in ["", "lots", "-1", "uploader", "uploader=", "uploader=-5", "guest=1", "uploader=1,,"] {
            assert!(by_role(bad).is_err(), "{bad:?}");
        }
    }
}
