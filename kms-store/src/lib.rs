//! kms-store
