//! Who can see a film, in words.

use domain::video::Visibility;

pub fn label(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "Public",
        Visibility::Unlisted => "Unlisted",
        Visibility::Password => "Password",
        Visibility::Private => "Private",
    }
}

/// Of the choice as the form has it.
pub fn meaning(value: &str) -> &'static str {
    match value.parse() {
        Ok(Visibility::Public) => "Everybody can find and watch it.",
        Ok(Visibility::Unlisted) => "Everybody who has the link can watch it.",
        Ok(Visibility::Password) => "Everybody who has the link and knows the password can watch it.",
        _ => "Only you can watch it.",
    }
}
