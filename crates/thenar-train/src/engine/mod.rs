//! Running networks forwards and backwards.
//!
//! A loss is computed outside, in plain Rust, from the outputs: it gives one gradient per output. The engine carries
//! these back to the weights. So a loss is written and tested once, whatever computes the network.

mod burn;
mod chance;
#[cfg(feature = "libtorch")]
mod torch;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::graph::{Array, Network};
use crate::params::Weights;

/// The outputs of `network` for a batch `input` of shape `[N, C, H, W]`, each `[N, C, H, W]`.
///
/// # Errors
/// When the framework fails.
pub fn infer<N: Network>(
    backend: Backend,
    network: &N,
    weights: &[Weights],
    input: &Array,
) -> Result<Vec<Array>, TrainError> {
    match backend {
        Backend::Flex => burn::infer(burn::flex(), network, weights, input),
        #[cfg(feature = "libtorch")]
        Backend::BurnLibtorch => burn::infer(burn::libtorch(), network, weights, input),
        #[cfg(feature = "libtorch")]
        Backend::Libtorch | Backend::LibtorchHalf => torch::infer(network, weights, input),
    }
}

/// The gradient of a loss with respect to the weights.
///
/// `loss` gets the outputs and gives the gradient of the loss with respect to each of them. Dropout follows from
/// `chance`: give every step its own.
///
/// # Errors
/// When the framework fails.
pub fn gradient<N: Network>(
    backend: Backend,
    network: &N,
    weights: &[Weights],
    input: &Array,
    chance: u64,
    loss: impl FnOnce(&[Array]) -> Vec<Array>,
) -> Result<Vec<Weights>, TrainError> {
    match backend {
        Backend::Flex => burn::gradient(burn::flex(), network, weights, input, chance, loss),
        #[cfg(feature = "libtorch")]
        Backend::BurnLibtorch => {
            burn::gradient(burn::libtorch(), network, weights, input, chance, loss)
        }
        #[cfg(feature = "libtorch")]
        Backend::Libtorch => torch::gradient(
            torch::Precision::Single,
            network,
            weights,
            input,
            chance,
            loss,
        ),
        #[cfg(feature = "libtorch")]
        Backend::LibtorchHalf => torch::gradient(
            torch::Precision::Half,
            network,
            weights,
            input,
            chance,
            loss,
        ),
    }
}
