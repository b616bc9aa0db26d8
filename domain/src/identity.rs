//! Ways to sign in by another site's account (OpenID Connect).

use crate::account::Username;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};

/// A site whose accounts open ours, as people choose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// What it is called in addresses.
    pub key: String,
    /// What it is called on buttons.
    pub label: String,
    /// The path of its picture.
    pub icon: String,
}

/// Somebody's account at a provider, which opens theirs here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub id: String,
    /// None for a provider that isn't used here any more.
    pub provider: Option<Provider>,
    /// What the account is called there, as far as the provider tells.
    pub name: String,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
}

/// How an account is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    pub password: bool,
    pub passkeys: bool,
    pub identities: Vec<Identity>,
    /// Those that can be added.
    pub providers: Vec<Provider>,
}

macro_rules! problems {
    ($($problem:ident = $code:literal, $words:literal;)+) => {
        /// Why somebody who came back from a provider isn't let in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Problem {
            $($problem,)+
        }

        impl Problem {
            pub const ALL: &[Self] = &[$(Self::$problem,)+];

            /// Stable, and all that an address says of it.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$problem => $code,)+
                }
            }

            fn template(self) -> &'static str {
                match self {
                    $(Self::$problem => $words,)+
                }
            }
        }
    };
}

problems! {
    ProviderDown = "provider_down", "{} can't be reached at the moment. Sign in another way or try again later.";
    Cancelled = "cancelled", "You cancelled at {}. Nothing was changed.";
    Expired = "expired", "This took longer than ten minutes, or was begun in another browser. Try again.";
    Refused = "answer_refused", "What {} answered can't be trusted, so it was refused. Try again; if it stays like this, tell whoever runs this site.";
    WrongDomain = "wrong_domain", "Your account at {} isn't one of those that are let in here. Sign in there with another one.";
    NoSignUp = "no_account", "No account here belongs to that one at {}, and none is made for it. Sign in another way and add it on the page of your account.";
    Disabled = "account_disabled", "Your account was disabled. Ask whoever runs this site.";
    OthersIdentity = "others_identity", "That account at {} opens another account here already.";
    ProveFirst = "proof_required", "Confirm first that it's you: on the page of your passkeys and codes, or by signing in again. Then add the account, within ten minutes.";
    SignInFirst = "sign_in_first", "You were signed out meanwhile. Sign in, and try again.";
}

impl Problem {
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|problem| problem.code() == code)
    }

    /// For people; `provider` is what they know it by.
    pub fn words(self, provider: Option<&str>) -> String {
        let words = self.template().replace("{}", provider.unwrap_or("the other site"));
        let mut letters = words.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

/// A username that comes near to what somebody is called elsewhere, in ASCII letters already. None if nothing is left of it.
pub fn username_like(name: &str) -> Option<Username> {
    let local = name.split('@').next().unwrap_or_default();
    let mut like = String::new();
    for c in local.trim().chars() {
        let c = if c.is_whitespace() { '.' } else { c };
        let fits = c.is_ascii_alphanumeric() || (matches!(c, '.' | '-' | '_') && !like.is_empty());
        if fits && !(c == '.' && like.ends_with('.')) && like.len() < 30 {
            like.push(c);
        }
    }
    Username::parse(like.trim_end_matches(['.', '-', '_'])).ok()
}

/// The same with a number at its end, for a name that somebody has.
pub fn numbered(name: &Username, number: u32) -> Username {
    let number = number.to_string();
    let kept: String = name.as_str().chars().take(30 - number.len()).collect();
    Username::parse(&format!("{kept}{number}")).unwrap_or_else(|_| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_elsewhere_become_usernames() {
        let like = |name: &str| username_like(name).map(|name| name.as_str().to_owned());
        assert_eq!(like("ada.lovelace@school.example").as_deref(), Some("ada.lovelace"));
        assert_eq!(like("  Ada  King  Lovelace ").as_deref(), Some("Ada.King.Lovelace"));
        assert_eq!(like("<b>\u{202e}ada</b>").as_deref(), Some("badab"));
        assert_eq!(like("...ada--").as_deref(), Some("ada"));
        assert_eq!(like(&"x".repeat(99)).as_deref(), Some(&*"x".repeat(30)));
        for none in ["", "ab", "שלום", "@school.example", "🎬🎬🎬", "a\0"] {
            assert_eq!(like(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_number_fits_behind_the_longest_name() {
        let long = Username::parse(&"x".repeat(30)).unwrap();
        assert_eq!(numbered(&long, 12).as_str(), format!("{}12", "x".repeat(28)));
        assert_eq!(numbered(&Username::parse("ada").unwrap(), 2).as_str(), "ada2");
    }

    #[test]
    fn problems_are_known_by_their_codes_alone() {
        for problem in Problem::ALL {
            assert_eq!(Problem::from_code(problem.code()), Some(*problem));
            assert!(!problem.words(None).contains("{}"));
        }
        assert_eq!(Problem::from_code("<script>"), None);
        let words = Problem::ProviderDown.words(None);
        assert_eq!(words, "The other site can't be reached at the moment. Sign in another way or try again later.");
    }
}
