//! What mails say: a few lines of ASCII, so that they arrive as they are written, and the same as HTML.

use crate::db::users::User;
use domain::outside::xml::escape;
use url::Url;

pub(super) struct Letter {
    pub to: String,
    pub subject: &'static str,
    before: String,
    /// What its button says, and where it leads.
    link: Option<(&'static str, String)>,
    after: String,
}

impl Letter {
    pub fn text(&self) -> String {
        let link = self.link.as_ref().map(|(_, url)| format!("{url}\r\n\r\n")).unwrap_or_default();
        format!("{}\r\n\r\n{link}{}\r\n", wrapped(&self.before), wrapped(&self.after))
    }

    pub fn html(&self) -> String {
        let paragraph = |text: &str| format!("<p>{}</p>\r\n", escape(&wrapped(text)));
        let link = self.link.as_ref().map(|(verb, url)| {
            format!(
                "<p><a href=\"{}\"\r\n style=\"display:inline-block;padding:12px 20px;border-radius:8px;background:#a34a06;\
                 color:#fff;\r\n font-weight:600;text-decoration:none\">{verb}</a></p>\r\n",
                escape(url)
            )
        });
        format!(
            "<!doctype html>\r\n<html lang=\"en\"><body style=\"margin:24px auto;max-width:32em;padding:0 16px;\r\n \
             font:16px/1.5 system-ui,sans-serif\">\r\n{}{}{}</body></html>\r\n",
            paragraph(&self.before),
            link.unwrap_or_default(),
            paragraph(&self.after)
        )
    }
}

/// No line is longer than a mail's may be without being encoded.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().filter(|line| line.len() + word.len() < 72 || line.is_empty());
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\r\n")
}

/// What stands behind `#` reaches neither a server's log nor the pages that one goes on to.
fn link(site: &Url, path: &str, token: &str) -> String {
    format!("{}/{path}#{token}", site.as_str().trim_end_matches('/'))
}

fn name(site: &Url) -> &str {
    site.host_str().unwrap_or("this site")
}

pub(super) fn verify(site: &Url, user: &User, token: &str) -> Letter {
    Letter {
        to: user.email.clone(),
        subject: "Confirm your address",
        before: format!("Hello {}, please confirm that this address is yours:", user.username),
        link: Some(("Confirm my address", link(site, "confirm", token))),
        after: format!(
            "The link works once, within 24 hours. If you didn't make an account at {}, do nothing: then the address isn't \
             used for it.",
            name(site)
        ),
    }
}

/// To whom the address belongs that somebody else wants.
pub(super) fn taken(site: &Url, owner: &User, other: &User) -> Letter {
    Letter {
        to: owner.email.clone(),
        subject: "You have an account already",
        before: format!(
            "Somebody gave this address for the account \"{}\" at {}. It belongs to your account \"{}\", and stays there.",
            other.username,
            name(site),
            owner.username
        ),
        link: Some(("Sign in", format!("{}/signin", site.as_str().trim_end_matches('/')))),
        after: "If it was you, sign in with the account that you have. If it wasn't, there is nothing to do."
            .to_owned(),
    }
}

pub(super) fn reset(site: &Url, user: &User, token: &str) -> Letter {
    Letter {
        to: user.email.clone(),
        subject: "Choose a new password",
        before: format!("Hello {}, here you choose a new password:", user.username),
        link: Some(("Choose a password", link(site, "reset", token))),
        after: format!(
            "The link works once, within 30 minutes. If you didn't ask for it at {}, do nothing: your password stays as it is.",
            name(site)
        ),
    }
}

pub(super) fn change_old(site: &Url, user: &User, new: &str, token: &str) -> Letter {
    Letter {
        to: user.email.clone(),
        subject: "Is your address to change?",
        before: format!("Hello {}, your account at {} is to have another address: {new}", user.username, name(site)),
        link: Some(("Yes, change it", link(site, "confirm", token))),
        after:
            "It changes once both addresses have said yes, within 24 hours. If you didn't ask for it, do nothing but \
                change your password: somebody knows it."
                .to_owned(),
    }
}

pub(super) fn change_new(site: &Url, user: &User, new: &str, token: &str) -> Letter {
    Letter {
        to: new.to_owned(),
        subject: "Confirm your new address",
        before: format!("Hello {}, please confirm that this address is to be your account's:", user.username),
        link: Some(("Confirm my address", link(site, "confirm", token))),
        after: format!(
            "The link works once, within 24 hours. If you have no account at {}, do nothing: then the address isn't used.",
            name(site)
        ),
    }
}

pub(super) fn password_changed(site: &Url, user: &User) -> Letter {
    Letter {
        to: user.email.clone(),
        subject: "Your password was changed",
        before: format!(
            "Hello {}, the password of your account at {} was changed just now. Wherever else you were signed in, you \
             aren't any more.",
            user.username,
            name(site)
        ),
        link: Some(("I didn't do this", format!("{}/forgot", site.as_str().trim_end_matches('/')))),
        after: "If it was you, there is nothing to do. If it wasn't, choose a new one there at once.".to_owned(),
    }
}

pub(super) fn factors_changed(site: &Url, user: &User) -> Letter {
    Letter {
        to: user.email.clone(),
        subject: "How you sign in was changed",
        before: format!(
            "Hello {}, a code or a passkey was added to your account at {} just now, or taken away. Wherever else you were \
             signed in, you aren't any more.",
            user.username,
            name(site)
        ),
        link: Some(("I didn't do this", format!("{}/forgot", site.as_str().trim_end_matches('/')))),
        after: "If it was you, there is nothing to do. If it wasn't, choose a new password there at once, and look at your \
                account's passkeys and codes."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::actor::Role;
    use domain::id::UserId;

    fn user() -> User {
        let (username, email) = ("ada".to_owned(), "ada@example.org".to_owned());
        User { id: UserId::from_random(rand::random()), username, email, email_verified: true, role: Role::Viewer }
    }

    #[test]
    fn a_letter_is_short_and_its_link_stands_on_a_line_of_its_own() {
        let site = "https://films.example".parse().unwrap();
        let text = reset(&site, &user(), "kim_0").text();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines[..5],
            [
                "Hello ada, here you choose a new password:",
                "",
                "https://films.example/reset#kim_0",
                "",
                "The link works once, within 30 minutes. If you didn't ask for it at",
            ]
        );
        assert!(lines.iter().all(|line| line.is_ascii() && line.len() <= 72), "{text}");
        let html = reset(&site, &user(), "kim_0").html();
        assert!(html.contains("<a href=\"https://films.example/reset#kim_0\""), "{html}");
    }

    #[test]
    fn what_somebody_chose_is_text_in_the_html() {
        let site = "https://films.example".parse().unwrap();
        let html = change_old(&site, &user(), "<b>@example.org", "kim_0").html();
        assert!(html.contains("&lt;b&gt;@example.org") && !html.contains("<b>"), "{html}");
    }
}
