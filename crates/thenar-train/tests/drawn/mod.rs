//! The numbers that `golden/palmnets.py` draws instead of storing them.

use thenar_train::graph::{Network, Ops};
use thenar_train::layers::Layer;
use thenar_train::palmnets::PalmNet;
use thenar_train::params::Params;

/// Numbers in -1 to 1 that follow from a name; see the script.
pub fn draw(name: &str, count: usize) -> Vec<f32> {
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    for byte in name.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// A palm network on numbers as they are: what the PyTorch script runs.
#[derive(Clone)]
pub struct Bare<N>(pub N);

impl<N: PalmNet> Network for Bare<N> {
    const NAME: &'static str = N::NAME;
    const OUTPUTS: &'static [(&'static str, bool)] = &[("feature", true)];

    fn input(&self) -> [usize; 3] {
        [1, 128, 128]
    }

    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value> {
        let read = self.0.read(ops, &input);
        let out = self.0.project(ops, &read);
        vec![ops.unit(&out.feature)]
    }
}

/// Drawn parameters of a network.
pub fn params(net: &impl PalmNet) -> Params {
    let survey = Bare(net.clone()).survey().unwrap();
    let mut values = Vec::new();
    for layer in &survey.layers {
        for tensor in layer.parameters() {
            let count = tensor.count();
            let fan_in = (count / tensor.shape[0]) as f64;
            let (begin, spread) = match (layer, tensor.name) {
                (Layer::Gabor(_), "gamma") => (2.0, 0.2),
                (Layer::Gabor(g), "sigma") => (9.2 * f64::from(g.ratio), 0.92 * f64::from(g.ratio)),
                (Layer::Gabor(g), _) => (0.057 / f64::from(g.ratio), 0.0057 / f64::from(g.ratio)),
                (Layer::Affine(_), "a") => (1.0, 0.2),
                (Layer::Affine(_), _) => (0.0, 0.2),
                (Layer::Norm(_), "running_mean") => (0.0, 0.1),
                (Layer::Norm(_), "running_var" | "weight") => (1.0, 0.5),
                (Layer::Norm(_), _) => (0.0, 0.5),
                (_, "bias") => (0.0, 0.1),
                _ => (0.0, (3.0 / fan_in).sqrt()),
            };
            let name = format!("{}.{}", layer.name(), tensor.name);
            let drawn = draw(&name, count);
            values.extend(
                drawn
                    .iter()
                    .map(|&u| (begin + spread * f64::from(u)) as f32),
            );
        }
    }
    Params::random(&survey, 0).with_values(values).unwrap()
}
