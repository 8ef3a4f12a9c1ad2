//! Biometric performance: metrics, protocols, score files and reports.
