//! Finding keys.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::client::{Access, NodeResult};
use crate::error::Result;
use crate::object::index::{self, By};
use crate::object::layer::{self, Located};
use crate::object::{Class, Handle, KeyType, Object};

/// What keys are searched for; what is `None` matches every key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The label.
    pub label: Option<String>,
    /// `CKA_ID`.
    pub id: Option<Vec<u8>>,
    /// Public, private or secret.
    pub class: Option<Class>,
    /// The algorithm.
    pub key_type: Option<KeyType>,
}

impl Query {
    /// Keys of this label.
    pub fn label(label: &str) -> Self {
        Self { label: Some(label.to_owned()), ..Self::default() }
    }

    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.label.as_ref().is_none_or(|label| *label == object.label)
            && self.id.as_ref().is_none_or(|id| *id == object.id)
            && self.class.is_none_or(|class| class == object.class)
            && self.key_type.is_none_or(|key_type| key_type == object.key_type)
    }

    /// An indexed attribute of the query, if it has one.
    fn by(&self) -> Option<By<'_>> {
        let label = self.label.as_deref().map(By::Label);
        label.or_else(|| self.id.as_deref().filter(|id| !id.is_empty()).map(By::Id))
    }
}

impl Access {
    /// The keys that the user owns or shares and that fit, over all nodes, in ascending order.
    ///
    /// # Errors
    /// The cluster has no nodes, or the store fails.
    pub fn find(&self, query: &Query) -> Result<(Vec<Handle>, Vec<NodeResult<()>>)> {
        self.ask(|rows, reach| {
            let mut handles = BTreeSet::new();
            let results = self.on_each(rows, &reach, |node, user| {
                let mut take = |found: Located| {
                    let object = found.object;
                    if object.usable_by(user) && query.matches(&object) {
                        handles.insert(object.handle);
                    }
                };
                match query.by() {
                    Some(by) => {
                        index::find(rows, self.world().vault(), &node.view, by)?.into_iter().for_each(take);
                    }
                    None => layer::visit(rows, &node.view, |found| {
                        take(found);
                        ControlFlow::Continue(())
                    })?,
                }
                Ok(Ok(()))
            })?;
            Ok((handles.into_iter().collect(), results))
        })
    }
}
