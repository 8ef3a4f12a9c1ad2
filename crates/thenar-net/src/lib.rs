//! Running palm networks: the localizer, the extractors and the models that ship.
