//! Where protected records live: SQLite, and galleries for search.
