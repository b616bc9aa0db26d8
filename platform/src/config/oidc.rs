//! Sites whose accounts open ours: `KINORA_OIDC` names them, and each has variables of its own.

use super::vars::{self, Vars};
use crate::secret::Secret;
use domain::actor::Role;
use url::{Host, Url};

const NAMES: &str = "KINORA_OIDC";

/// The issuer of accounts at Google.
pub const GOOGLE: &str = "https://accounts.google.com";

/// Pictures of ours for buttons; others are paths of files of the site.
const ICONS: [&str; 4] = ["google", "microsoft", "school", "key"];

#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// What it is called in addresses and variables.
    pub key: String,
    /// Who it says that it is, letter by letter.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<Secret<String>>,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    pub label: String,
    /// A path.
    pub icon: String,
    /// Whose people are let in; everybody if there are none.
    pub allowed_domains: Vec<String>,
    /// Where it tells of groups: a claim, with dots into what is nested.
    pub role_claim: Option<String>,
    /// What somebody in a group may do.
    pub roles: Vec<(String, Role)>,
    /// Whether people who come from there for the first time get an account.
    pub sign_up: bool,
}

pub(super) fn read(v: &mut Vars<'_>) -> Vec<ProviderConfig> {
    let keys = v.or(NAMES, Vec::new(), keys).unwrap_or_default();
    // One that can't be read has left a problem behind.
    keys.into_iter().filter_map(|key| provider(v, key)).collect()
}

fn provider(v: &mut Vars<'_>, key: String) -> Option<ProviderConfig> {
    let google = key == "google";
    let prefix = format!("{NAMES}_{}", key.to_ascii_uppercase().replace('-', "_"));
    let name = |what: &str| format!("{prefix}_{what}");
    let issuer =
        if google { v.or(name("ISSUER"), GOOGLE.to_owned(), issuer) } else { v.required(name("ISSUER"), issuer) };
    let client_id = v.required(name("CLIENT_ID"), vars::text);
    let client_secret = if google {
        v.required(name("CLIENT_SECRET"), vars::secret).map(Some)
    } else {
        Some(v.optional(name("CLIENT_SECRET"), vars::secret))
    };
    let scopes = v.or(name("SCOPES"), vec!["profile".to_owned(), "email".to_owned()], scopes);
    let label = v.or(name("LABEL"), capitalised(&key), label);
    let icon = v.or(name("ICON"), picture(if google { "google" } else { "key" }), icon);
    let allowed_domains = v.or(name("ALLOWED_DOMAINS"), Vec::new(), domains);
    let role_claim = v.optional(name("ROLE_CLAIM"), vars::text);
    let roles = v.or(name("ROLES"), Vec::new(), roles);
    if roles.as_ref().is_some_and(|roles| roles.is_empty() == role_claim.is_some()) {
        v.wrong(name("ROLES"), format!("is needed with {}, and the other way round", name("ROLE_CLAIM")));
    }
    let sign_up = v.or(name("SIGN_UP"), true, vars::boolean);
    Some(ProviderConfig {
        key,
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        scopes: scopes?,
        label: label?,
        icon: icon?,
        allowed_domains: allowed_domains?,
        role_claim,
        roles: roles?,
        sign_up: sign_up?,
    })
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn keys(text: &str) -> Result<Vec<String>, String> {
    let mut keys: Vec<String> = Vec::new();
    for key in list(text) {
        let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let begins = key.starts_with(|c: char| c.is_ascii_lowercase());
        if !plain || !begins || key.len() > 32 || keys.iter().any(|other| other == key) {
            return Err("must be different names like school,google: small letters, digits and dashes".to_owned());
        }
        keys.push(key.to_owned());
    }
    Ok(keys)
}

/// Kept as it is written: tokens name it letter by letter.
fn issuer(text: &str) -> Result<String, String> {
    let url = vars::http_url(text)?;
    let nearby = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if plain && (url.scheme() == "https" || nearby) {
        Ok(text.to_owned())
    } else {
        Err("must be a URL that begins with https://, without a query".to_owned())
    }
}

fn scopes(text: &str) -> Result<Vec<String>, String> {
    let scopes = text.split([',', ' ']).filter(|scope| !scope.is_empty() && *scope != "openid");
    Ok(scopes.map(str::to_owned).collect())
}

fn label(text: &str) -> Result<String, String> {
    let fits = text.chars().count() <= 40 && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("must have at most 40 characters".to_owned()) }
}

fn capitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn picture(name: &str) -> String {
    format!("/providers/{name}.svg")
}

fn icon(text: &str) -> Result<String, String> {
    if ICONS.contains(&text) {
        return Ok(picture(text));
    }
    let path = domain::next::within(text).filter(|path| !path.contains(['?', '#']));
    path.map(str::to_owned).ok_or_else(|| format!("must be one of {}, or a path of this site", ICONS.join(", ")))
}

fn domains(text: &str) -> Result<Vec<String>, String> {
    list(text)
        .map(|domain| {
            let host = Url::parse(&format!("https://{domain}/")).ok();
            let host = host.as_ref().and_then(Url::host_str).filter(|host| host.eq_ignore_ascii_case(domain));
            host.map(str::to_owned).ok_or_else(|| "must be domains like school.example with commas between".to_owned())
        })
        .collect()
}

fn roles(text: &str) -> Result<Vec<(String, Role)>, String> {
    list(text)
        .map(|pair| {
            let (group, role) = pair.rsplit_once('=')?;
            Some((group.trim().to_owned(), role.trim().parse().ok()?)).filter(|(group, _)| !group.is_empty())
        })
        .collect::<Option<_>>()
        .ok_or_else(|| "must be groups and roles like staff=moderator,teachers=uploader".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Problem;
    use std::collections::HashMap;

    fn read_all(pairs: &[(&str, &str)]) -> (Vec<ProviderConfig>, Vec<Problem>) {
        let vars: HashMap<_, _> =
            pairs.iter().map(|(name, value)| (format!("KINORA_OIDC{name}"), (*value).to_owned())).collect();
        let mut v = Vars::new(&vars);
        (read(&mut v), v.problems())
    }

    #[test]
    fn google_needs_its_client_alone() {
        let (providers, problems) =
            read_all(&[("", "google"), ("_GOOGLE_CLIENT_ID", "id"), ("_GOOGLE_CLIENT_SECRET", "hush")]);
        assert_eq!(problems, []);
        assert_eq!(providers[0].issuer, GOOGLE);
        assert_eq!((&*providers[0].label, &*providers[0].icon), ("Google", "/providers/google.svg"));
        assert!(!format!("{providers:?}").contains("hush"));
    }

    #[test]
    fn a_school_says_what_its_groups_may() {
        let (providers, problems) = read_all(&[
            ("", "our-school"),
            ("_OUR_SCHOOL_ISSUER", "https://id.school.example/realms/all"),
            ("_OUR_SCHOOL_CLIENT_ID", "kinora"),
            ("_OUR_SCHOOL_ALLOWED_DOMAINS", "school.example, pupils.school.example"),
            ("_OUR_SCHOOL_ROLE_CLAIM", "realm_access.roles"),
            ("_OUR_SCHOOL_ROLES", "staff=moderator,cn=it,ou=x=admin"),
        ]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(providers.is_empty());
        let (providers, problems) = read_all(&[
            ("", "our-school"),
            ("_OUR_SCHOOL_ISSUER", "https://id.school.example/realms/all"),
            ("_OUR_SCHOOL_CLIENT_ID", "kinora"),
            ("_OUR_SCHOOL_ROLE_CLAIM", "realm_access.roles"),
            ("_OUR_SCHOOL_ROLES", "staff=moderator, a=b=admin"),
        ]);
        assert_eq!(problems, []);
        let roles = [("staff".to_owned(), Role::Moderator), ("a=b".to_owned(), Role::Admin)];
        assert_eq!(providers[0].roles, roles);
        assert!(providers[0].client_secret.is_none());
    }

    #[test]
    fn whatever_is_wrong_is_told_by_variable() {
        let (_, problems) = read_all(&[
            ("", "a,b"),
            ("_A_ISSUER", "http://id.school.example"),
            ("_A_CLIENT_ID", "id"),
            ("_A_ICON", "https://evil.example/x.svg"),
            ("_A_ROLES", "staff=moderator"),
            ("_A_ALLOWED_DOMAINS", "school.example/x"),
        ]);
        let named: Vec<_> = problems.iter().map(|p| p.variable.trim_start_matches("KINORA_OIDC")).collect();
        assert_eq!(named, ["_A_ISSUER", "_A_ICON", "_A_ALLOWED_DOMAINS", "_A_ROLES", "_B_ISSUER", "_B_CLIENT_ID"]);
        for keys in ["School", "a,a", "../x", "1a", "a b"] {
            assert_eq!(read_all(&[("", keys)]).1.len(), 1, "{keys}");
        }
        let issuers = ["https://id.example/?x=1", "https://id.example/#x", "https://a:b@id.example", "id.example"];
        for issuer in issuers {
            let (_, problems) = read_all(&[("", "a"), ("_A_CLIENT_ID", "id"), ("_A_ISSUER", issuer)]);
            assert_eq!(problems.len(), 1, "{issuer}");
        }
    }
}
