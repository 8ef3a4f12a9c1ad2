//! From a photograph of a palm to a protected identity and a key that is stored nowhere.
