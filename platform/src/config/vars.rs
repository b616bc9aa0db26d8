//! Reads single variables and collects what is wrong with them.

use super::Problem;
use crate::secret::Secret;
use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use url::Url;

type Read<T> = Result<T, String>;

pub(super) struct Vars<'a> {
    vars: &'a HashMap<String, String>,
    problems: Vec<Problem>,
}

impl<'a> Vars<'a> {
    pub(super) fn new(vars: &'a HashMap<String, String>) -> Self {
        Self { vars, problems: Vec::new() }
    }

    pub(super) fn problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn wrong(&mut self, variable: impl Into<Cow<'static, str>>, what: impl Into<String>) {
        self.problems.push(Problem { variable: variable.into(), what: what.into() });
    }

    pub(super) fn optional<T>(
        &mut self,
        variable: impl Into<Cow<'static, str>>,
        read: impl FnOnce(&str) -> Read<T>,
    ) -> Option<T> {
        let variable = variable.into();
        let text = self.text(&variable)?;
        self.read(variable, text, read)
    }

    /// None only after a problem was noted.
    pub(super) fn or<T>(
        &mut self,
        variable: impl Into<Cow<'static, str>>,
        default: T,
        read: impl FnOnce(&str) -> Read<T>,
    ) -> Option<T> {
        let variable = variable.into();
        match self.text(&variable) {
            Some(text) => self.read(variable, text, read),
            None => Some(default),
        }
    }

    /// None only after a problem was noted.
    pub(super) fn required<T>(
        &mut self,
        variable: impl Into<Cow<'static, str>>,
        read: impl FnOnce(&str) -> Read<T>,
    ) -> Option<T> {
        let variable = variable.into();
        match self.text(&variable) {
            Some(text) => self.read(variable, text, read),
            None => {
                self.wrong(variable, "is missing");
                None
            }
        }
    }

    fn text(&self, variable: &str) -> Option<&'a str> {
        self.vars.get(variable).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    fn read<T>(&mut self, variable: Cow<'static, str>, text: &str, read: impl FnOnce(&str) -> Read<T>) -> Option<T> {
        read(text).map_err(|what| self.wrong(variable, what)).ok()
    }
}

pub(super) fn text(text: &str) -> Read<String> {
    Ok(text.to_owned())
}

pub(super) fn secret(text: &str) -> Read<Secret<String>> {
    Ok(Secret::new(text.to_owned()))
}

pub(super) fn path(text: &str) -> Read<PathBuf> {
    Ok(PathBuf::from(text))
}

pub(super) fn address(text: &str) -> Read<SocketAddr> {
    text.parse().map_err(|_| "must be an address with a port, like 127.0.0.1:3000".to_owned())
}

pub(super) fn boolean(text: &str) -> Read<bool> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

pub(super) fn number<N>(range: RangeInclusive<N>) -> impl FnOnce(&str) -> Read<N>
where
    N: FromStr + PartialOrd + std::fmt::Display,
{
    move |text| {
        let number = text.parse().ok().filter(|n| range.contains(n));
        number.ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
    }
}

pub(super) fn one_of(text: &str, words: &[&str]) -> Read<String> {
    if words.contains(&text) { Ok(text.to_owned()) } else { Err(format!("must be one of {}", words.join(", "))) }
}

pub(super) fn http_url(text: &str) -> Read<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "must be a URL that begins with http:// or https://".to_owned())
}

pub(super) fn postgres_url(text: &str) -> Read<String> {
    let ours = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if ours { Ok(text.to_owned()) } else { Err("must be a URL that begins with postgres://".to_owned()) }
}

/// Comma-separated; an origin has no path, else no browser's `Origin` ever equals it.
pub(super) fn origins(text: &str) -> Read<Vec<String>> {
    text.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(|origin| {
            let origin = origin.trim_end_matches('/');
            match http_url(origin) {
                Ok(url) if url.origin().ascii_serialization() == origin => Ok(origin.to_owned()),
                _ => Err("must be origins like https://films.example with commas between".to_owned()),
            }
        })
        .collect()
}

pub(super) fn log_filter(text: &str) -> Read<String> {
    match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a filter like info,platform=debug".to_owned()),
    }
}
