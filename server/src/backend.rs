//! What the operations work on.

/// The simulated services behind the endpoint. Shared by all requests.
#[derive(Debug, Default)]
pub struct Backend {
    strict_patterns: bool,
}

impl Backend {
    /// A backend; `strict_patterns` applies the models' patterns where documented examples break them (documented).
    pub const fn new(strict_patterns: bool) -> Self {
        Self { strict_patterns }
    }

    /// Whether identifiers must match the models' patterns exactly.
    pub const fn strict_patterns(&self) -> bool {
        self.strict_patterns
    }
}
