//! From a photograph of a palm to a protected identity and a key that is stored nowhere.
//!
//! ```text
//! photo ─► hand ─► roi ─► feature ─┬─► bits (level 1, token k1) ─► record (level 2, store key k2)
//!                                  └─► hash ─► commitment + passphrase ─► key pair
//! ```
//!
//! [`Pipeline`] walks this line, one call per stage. Whoever wants to see the intermediates gives it a [`Sink`].
//!
//! ```
//! use thenar::synth::{CaptureConfig, HandIdentity, HandPhoto};
//! use thenar::{Photo, Pipeline, PipelineError};
//!
//! let pipeline = Pipeline::shipped()?;
//! let config = CaptureConfig { size: 320, cut: 0.0, ..CaptureConfig::default() };
//! let drawn = HandPhoto::draw(&HandIdentity::draw(1), 1, &config);
//! match pipeline.acquire(&Photo::from_rgb(drawn.rgb), &mut ()) {
//!     Ok(palm) => assert_eq!(palm.feature.len(), pipeline.feature_len()),
//!     Err(PipelineError::Rejected(rejection)) => println!("try again: {}", rejection.advice()),
//!     Err(error) => return Err(error),
//! }
//! # Ok::<(), PipelineError>(())
//! ```
//!
//! The crates below are re-exported under short names: [`image`], [`net`], [`protect`], [`key`], [`store`], [`eval`]
//! and [`synth`].

#![forbid(unsafe_code)]

// The programs speak of this library by its name, as every user does.
extern crate self as thenar;

#[doc(hidden)]
pub mod cli;
mod enrolment;
mod error;
mod pipeline;
mod score;
mod sink;

pub use enrolment::{Disagreement, ENROLMENT_FMR, check_agreement, mean_feature};
pub use error::{PipelineError, Rejection};
pub use pipeline::{Feature, Palm, Pipeline, ROI_PREPROCESSING};
pub use score::Score;
pub use sink::{Intermediate, Sink, Stage};

pub use thenar_eval as eval;
pub use thenar_image as image;
pub use thenar_image::Photo;
pub use thenar_key as key;
pub use thenar_net as net;
pub use thenar_protect as protect;
pub use thenar_store as store;
pub use thenar_synth as synth;
