//! Procedural palms and hands with exact labels.

pub mod palm;
