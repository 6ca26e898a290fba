//! Node.js.

use crate::common::{self, install};
use crate::run::succeed;
use crate::token::{self, Token};
use crate::way::each_way;

each_way! {
    generic: graphene;
}

fn graphene(token: &Token) {
    let (node, modules) = install::node();
    let mut node = token.command(node);
    node.env("NODE_PATH", modules).arg(token::source("graphene.js"));
    succeed(node.arg(common::module()).arg(token.pin()));
}
