//! Training palm networks on drawn palms and hands, and exporting them.
