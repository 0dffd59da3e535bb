//! Room for credentials on an identity, counted before the first write.

use std::fmt;

use super::{MAX_PER_IDENTITY, WARN_FROM};

/// How many credentials an identity holds, and what the plan makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Credentials that are there, whoever made them; the one of AKS counts too.
    pub used: usize,
    /// Credentials that the plan makes.
    pub adds: usize,
    /// Credentials that the plan deletes, before it makes any.
    pub frees: usize,
}

impl Room {
    /// Returns how many credentials there are once the plan is carried out.
    pub fn after(self) -> usize {
        self.used
            .saturating_sub(self.frees)
            .saturating_add(self.adds)
    }

    /// Whether the plan can be carried out. One that only deletes always can.
    pub fn fits(self) -> bool {
        self.adds == 0 || self.after() <= MAX_PER_IDENTITY
    }

    /// Whether the identity is or gets so full that somebody should know.
    pub fn is_tight(self) -> bool {
        self.after() >= WARN_FROM
    }
}

impl fmt::Display for Room {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{MAX_PER_IDENTITY} credentials", self.used)?;
        if self.adds > 0 {
            write!(formatter, ", {} to be added", self.adds)?;
        }
        if self.frees > 0 {
            write!(formatter, ", {} to be deleted", self.frees)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_fit_and_deletions_come_first() {
        let room = |used, adds, frees| Room { used, adds, frees };
        assert!(room(19, 1, 0).fits());
        assert!(!room(20, 1, 0).fits());
        assert!(room(20, 1, 1).fits());
        assert!(room(20, 0, 0).fits());
        assert!(!room(0, 21, 0).fits());
        assert!(room(17, 1, 0).is_tight());
        assert!(!room(16, 1, 0).is_tight());
        assert_eq!(
            room(18, 4, 0).to_string(),
            "18/20 credentials, 4 to be added"
        );
    }
}
