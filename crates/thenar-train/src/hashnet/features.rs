//! Features of listed palms, all views of each image.

use half::f16;
use indicatif::ProgressBar;
use thenar_net::{Extractor, spread};

use crate::error::TrainError;
use crate::graph::Array;
use crate::in_use;
use crate::palmnets::list::Album;

/// Most bytes of features of a list.
const MOST_BYTES: usize = 4 << 30;
/// Images whose features are held in four bytes a number until they are stored.
const TOGETHER: usize = 64;

/// Features of images in two bytes a number: they have 11 bits of precision, far more than captures share.
#[derive(Clone, Debug)]
pub struct Features {
    /// Numbers in a feature.
    pub length: usize,
    /// Views of an image, the centred one first.
    pub views: usize,
    values: Vec<f16>,
}

impl Features {
    /// Runs `extractor` over the images of `album` and keeps the first `keep` views of each, or all it has; `bar` counts the
    /// images.
    ///
    /// # Errors
    /// When the features do not fit in 4 GB or the extractor fails.
    pub fn read(
        extractor: &Extractor,
        album: &Album,
        keep: usize,
        bar: &ProgressBar,
    ) -> Result<Self, TrainError> {
        let (length, views) = (extractor.feature_len(), extractor.view_count().min(keep));
        let count = album.images.len();
        if count * views * length * size_of::<f16>() > MOST_BYTES {
            let reason =
                format!("features of {count} images, {views} views each, take more than 4 GB");
            return Err(TrainError::Argument(reason));
        }
        let mut values = Vec::with_capacity(count * views * length);
        for images in album.images.chunks(TOGETHER) {
            for read in spread(images, |image| in_use::views(extractor, image)) {
                let read = read.map_err(TrainError::Argument)?;
                values.extend(read.iter().take(views).flatten().map(|v| f16::from_f32(*v)));
                bar.inc(1);
            }
        }
        Ok(Self {
            length,
            views,
            values,
        })
    }

    /// Images.
    pub fn count(&self) -> usize {
        self.values.len() / (self.views * self.length)
    }

    /// The features of (image, view) pairs as the input of a network.
    ///
    /// # Panics
    /// When there is no such image or view.
    pub fn gather(&self, places: impl ExactSizeIterator<Item = (usize, usize)>) -> Array {
        let shape = [places.len(), self.length, 1, 1];
        let mut data = Vec::with_capacity(shape[0] * self.length);
        for (image, view) in places {
            assert!(view < self.views, "view {view} of {}", self.views);
            let start = (image * self.views + view) * self.length;
            let feature = &self.values[start..start + self.length];
            data.extend(feature.iter().map(|v| v.to_f32()));
        }
        Array::new(&shape, data)
    }
}
