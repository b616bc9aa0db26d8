//! What a provider says about a person. All of it is text that somebody wrote: none of it is believed to be short or clean.

use crate::config::oidc::{GOOGLE, ProviderConfig};
use domain::account::{Email, Username};
use domain::actor::Role;
use domain::identity::username_like;
use serde_json::{Map, Value};

const MAX_NAME_CHARS: usize = 100;

/// The claims of an ID token that was checked, and of the user info beside it.
#[derive(Debug, Clone, Default)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// What both say, the token knows better.
    pub fn new(token: Map<String, Value>, user_info: Map<String, Value>) -> Self {
        let mut claims = user_info;
        claims.extend(token.into_iter().filter(|(_, value)| !value.is_null()));
        Self(claims)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    pub fn subject(&self) -> &str {
        self.0.get("sub").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn has_email(&self) -> bool {
        self.0.contains_key("email")
    }

    pub fn email(&self) -> Option<Email> {
        Email::parse(self.text("email")?).ok()
    }

    /// Whether the provider says that it's the person's. Some write that as a word.
    pub fn email_is_verified(&self) -> bool {
        matches!(self.0.get("email_verified"), Some(Value::Bool(true)))
            || self.text("email_verified").is_some_and(|said| said == "true")
    }

    /// What people know the account by: an address before a name.
    pub fn name(&self) -> String {
        let said = ["email", "preferred_username", "name"].into_iter().find_map(|name| self.text(name));
        said.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect()
    }

    /// What could become a username, the best first.
    pub fn names(&self) -> Vec<String> {
        let said = ["preferred_username", "nickname", "name", "email"].into_iter().filter_map(|name| self.text(name));
        said.map(|name| name.chars().filter(|c| !c.is_control()).take(2 * MAX_NAME_CHARS).collect()).collect()
    }

    /// Whether it is an account of one of these domains. At Google anybody may bring an address of another domain along:
    /// there a domain is whose administrator says so (`hd`), or Google's own.
    pub fn is_from(&self, issuer: &str, domains: &[String]) -> bool {
        if domains.is_empty() {
            return true;
        }
        let verified = self.email().filter(|_| self.email_is_verified());
        let of_email = verified.as_ref().and_then(|email| email.as_str().rsplit_once('@')).map(|(_, domain)| domain);
        let domain = if issuer == GOOGLE {
            self.text("hd").or(of_email.filter(|domain| *domain == "gmail.com"))
        } else {
            of_email
        };
        domain.is_some_and(|domain| domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain)))
    }

    /// The highest role of the person's groups. None if the provider has no say in roles, or said nothing of groups;
    /// `usual` for somebody in none that counts.
    pub fn role(&self, config: &ProviderConfig, usual: Role) -> Option<Role> {
        let groups = self.nested(config.role_claim.as_deref()?)?;
        let is_in = |group: &str| match groups {
            Value::String(one) => one == group,
            Value::Array(several) => several.iter().any(|one| one.as_str() == Some(group)),
            _ => false,
        };
        let roles = config.roles.iter().filter(|(group, _)| is_in(group)).map(|(_, role)| *role);
        Some(roles.max().unwrap_or(usual))
    }

    /// A claim of that very name, or what dots lead to. Names may have dots in them themselves: they often are URLs.
    fn nested(&self, path: &str) -> Option<&Value> {
        self.0.get(path).or_else(|| {
            let mut parts = path.split('.');
            let first = self.0.get(parts.next()?)?;
            parts.try_fold(first, |value, part| value.get(part))
        })
    }
}

/// The first of `names`, in ASCII letters, that something can be made of.
pub fn username(names: &[String]) -> Option<Username> {
    names.iter().find_map(|name| username_like(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        Claims::new(value.as_object().unwrap().clone(), Map::new())
    }

    fn config(role_claim: &str) -> ProviderConfig {
        ProviderConfig {
            key: "school".into(),
            issuer: "https://id.school.example".into(),
            client_id: "kinora".into(),
            client_secret: None,
            scopes: Vec::new(),
            label: "School".into(),
            icon: "/providers/school.svg".into(),
            allowed_domains: Vec::new(),
            role_claim: Some(role_claim.into()),
            roles: vec![("staff".into(), Role::Moderator), ("teachers".into(), Role::Uploader)],
            sign_up: true,
        }
    }

    #[test]
    fn the_highest_role_of_all_groups_counts() {
        let role = |claim: &str, value| claims(value).role(&config(claim), Role::Viewer);
        assert_eq!(role("groups", json!({ "groups": ["teachers", "staff", "x"] })), Some(Role::Moderator));
        assert_eq!(role("groups", json!({ "groups": "teachers" })), Some(Role::Uploader));
        assert_eq!(role("groups", json!({ "groups": [] })), Some(Role::Viewer));
        assert_eq!(role("groups", json!({ "groups": { "staff": true } })), Some(Role::Viewer));
        assert_eq!(role("groups", json!({})), None);
        assert_eq!(
            role("realm_access.roles", json!({ "realm_access": { "roles": ["staff"] } })),
            Some(Role::Moderator)
        );
        assert_eq!(role("https://x.example/g", json!({ "https://x.example/g": ["staff"] })), Some(Role::Moderator));
    }

    #[test]
    fn domains_are_of_addresses_that_were_verified() {
        let domains = ["school.example".to_owned()];
        let from = |issuer: &str, value| claims(value).is_from(issuer, &domains);
        let school = "https://id.school.example";
        assert!(from(school, json!({ "email": "Ada@School.Example", "email_verified": true })));
        assert!(from(school, json!({ "email": "ada@school.example", "email_verified": "true" })));
        assert!(!from(school, json!({ "email": "ada@school.example" })));
        assert!(!from(school, json!({ "email": "ada@school.example", "email_verified": false })));
        assert!(!from(school, json!({ "email": "ada@evil.example", "email_verified": true })));
        assert!(!from(school, json!({ "email": "ada@evil.school.example", "email_verified": true })));
        assert!(!from(school, json!({ "hd": "school.example" })));
        assert!(from(GOOGLE, json!({ "hd": "school.example" })));
        assert!(!from(GOOGLE, json!({ "email": "ada@school.example", "email_verified": true })));
        assert!(claims(json!({})).is_from(school, &[]));
    }

    #[test]
    fn the_token_knows_better_than_the_user_info() {
        let token = json!({ "sub": "1", "email": "a@school.example", "name": null });
        let info = json!({ "sub": "2", "email": "b@evil.example", "name": "Ada" });
        let claims = Claims::new(token.as_object().unwrap().clone(), info.as_object().unwrap().clone());
        assert_eq!((claims.subject(), claims.name().as_str()), ("1", "a@school.example"));
        assert_eq!(claims.text("name"), Some("Ada"));
    }
}
