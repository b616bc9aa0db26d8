//! No secret in a log: what server and worker wrote in a whole run is looked through for those that were used in it.

use std::path::Path;

use anyhow::{Result, bail};

/// What secrets of Kinora's begin with: tokens of scripts, of share links, of mails, of second factors. An invitation is not
/// among them: the first one is printed, for whoever starts a server.
const PREFIXES: [&str; 5] = ["kin_", "kir_", "kip_", "kis_", "kim_"];
/// Digits behind it that make it one.
const DIGITS: usize = 16;

/// Fails if a log of ours tells a secret; `known` are some that the run was made with, by name.
pub fn look(logs: &Path, known: &[(&str, String)]) -> Result<()> {
    let mut leaks = Vec::new();
    for entry in std::fs::read_dir(logs)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !(name.starts_with("server") || name.starts_with("worker")) {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned();
        for (number, line) in text.lines().enumerate() {
            if let Some(what) = leak(line, known) {
                leaks.push(format!("{name}, line {}: {what}", number + 1));
            }
        }
    }
    if leaks.is_empty() {
        return Ok(());
    }
    leaks.truncate(20);
    bail!("secrets were written to logs:\n  {}", leaks.join("\n  "))
}

/// What kind of secret stands in a line.
fn leak(line: &str, known: &[(&str, String)]) -> Option<String> {
    let token = PREFIXES.iter().find(|prefix| line.match_indices(*prefix).any(|(at, _)| is_secret(&line[at + 4..])));
    token
        .map(|prefix| format!("a token that begins with {prefix}"))
        .or_else(|| known.iter().find(|(_, secret)| line.contains(secret)).map(|(name, _)| (*name).to_owned()))
}

fn is_secret(text: &str) -> bool {
    text.bytes().take_while(u8::is_ascii_hexdigit).count() >= DIGITS
}

#[cfg(test)]
mod tests {
    use super::leak;

    #[test]
    fn secrets_are_found_and_nothing_else() {
        let known = [("a password", "hush-".to_owned())];
        let token = "kin_0123456789abcdef0123";
        assert!(leak(&format!("GET /?token={token} 200"), &known).unwrap().contains("kin_"));
        assert_eq!(leak("password=hush-1", &known).as_deref(), Some("a password"));
        for calm in ["kin_ is what tokens begin with", "kinora is ready", "kin_012345"] {
            assert_eq!(leak(calm, &known), None);
        }
    }
}
