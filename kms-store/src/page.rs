//! Pages of lists. A page ends with the name of its last item; the edge wraps that into its opaque marker.

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many items at most.
    pub limit: usize,
    /// The items after this one, as [`Listed::next`] named it.
    pub after: Option<String>,
}

impl Page {
    /// Everything at once.
    pub const ALL: Self = Self { limit: usize::MAX, after: None };

    /// The first `limit` items.
    pub const fn first(limit: usize) -> Self {
        Self { limit, after: None }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts, when there is one.
    pub next: Option<String>,
}
