//! Landlock: no file may be opened, no port bound or connected to, nobody outside signalled, whatever else goes wrong.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};

/// Forbids this thread, and those it starts, all that the kernel can. `false`: this kernel has no Landlock.
pub fn restrict() -> Result<bool, RulesetError> {
    // No rule follows, so nothing of what is handled is allowed.
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V7))?
        .handle_access(AccessNet::from_all(ABI::V7))?
        .scope(Scope::from_all(ABI::V7))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}
