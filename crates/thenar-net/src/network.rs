//! One network: loaded, checked against what it should be, and run.

use crate::NetError;
use crate::spread::own_threads;
use crate::wire::check_onnx;
use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

/// Largest model that is accepted, in bytes.
pub(crate) const MAX_MODEL_BYTES: usize = 256 << 20;

/// More threads than this do not make these small networks faster.
const MAX_THREADS: usize = 4;

/// The threads that run networks, but for those that work is spread over: as many as the process may use, at most four.
static THREADS: LazyLock<Arc<ThreadPool>> = LazyLock::new(|| {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(ThreadPool::with_num_threads(available.min(MAX_THREADS)))
});

/// What a model must look like.
pub(crate) struct Spec {
    /// Name for messages.
    pub model: &'static str,
    /// Name of the only input.
    pub input: &'static str,
    /// Shape of the input; the model may leave the first one, the batch, open.
    pub shape: [usize; 4],
    /// Names of the outputs and how many numbers each gives per input, `None` when any number will do.
    pub outputs: &'static [(&'static str, Option<usize>)],
}

/// A model that fits its [`Spec`].
pub(crate) struct Network {
    model: Model,
    spec: &'static Spec,
    input: NodeId,
    outputs: Vec<NodeId>,
    lengths: Vec<Option<usize>>,
    /// Length of each output's last axis, as far as the model states it.
    rows: Vec<Option<usize>>,
}

impl Network {
    /// Loads an ONNX file and checks its input and outputs.
    ///
    /// A hostile file is an error: malformed ones are refused before the loader sees them, and should the loader
    /// panic, the panic is caught here. What cannot be bounded is how much a well-formed network computes.
    pub fn load(bytes: Cow<'static, [u8]>, spec: &'static Spec) -> Result<Self, NetError> {
        let refuse = |reason: String| NetError::Load {
            model: spec.model,
            reason,
        };
        if bytes.len() > MAX_MODEL_BYTES {
            return Err(refuse(format!(
                "{} bytes, expected at most {MAX_MODEL_BYTES}",
                bytes.len()
            )));
        }
        check_onnx(&bytes).map_err(refuse)?;
        let load = || {
            let mut options = ModelOptions::with_all_ops();
            options.prepack_weights(true);
            match bytes {
                Cow::Borrowed(bytes) => options.load_static_slice(bytes),
                Cow::Owned(bytes) => options.load(bytes),
            }
        };
        let model = catch_unwind(AssertUnwindSafe(load))
            .map_err(|_| refuse("the file is malformed".into()))?
            .map_err(|e| refuse(e.to_string()))?;
        Self::check(model, spec)
    }

    /// Finds the input and outputs that `spec` names and compares shapes as far as the model states them.
    fn check(model: Model, spec: &'static Spec) -> Result<Self, NetError> {
        let refuse = |reason: String| NetError::Contract {
            model: spec.model,
            reason,
        };
        let input = named(&model, model.input_ids(), spec.input).ok_or_else(|| {
            refuse(format!(
                "no input {:?}, it has {}",
                spec.input,
                names(&model, model.input_ids())
            ))
        })?;
        if model.input_ids().len() != 1 {
            let found = names(&model, model.input_ids());
            return Err(refuse(format!(
                "expected the only input {:?}, it has {found}",
                spec.input
            )));
        }
        let shape = model.node_info(input).and_then(|info| info.shape());
        if let Some(shape) = shape.filter(|shape| !fits(shape, &spec.shape)) {
            let found = written(&shape);
            return Err(refuse(format!(
                "input {:?} has shape {found}, expected {:?}",
                spec.input, spec.shape
            )));
        }
        let mut outputs = Vec::new();
        let mut lengths = Vec::new();
        let mut rows = Vec::new();
        for &(name, length) in spec.outputs {
            let found = || names(&model, model.output_ids());
            let output = named(&model, model.output_ids(), name)
                .ok_or_else(|| refuse(format!("no output {name:?}, it has {}", found())))?;
            let shape = model.node_info(output).and_then(|info| info.shape());
            let stated = shape.as_deref().and_then(per_input);
            if let (Some(stated), Some(length)) = (stated, length)
                && stated != length
            {
                return Err(refuse(format!(
                    "output {name:?} has {stated} numbers per input, expected {length}"
                )));
            }
            outputs.push(output);
            lengths.push(length.or(stated));
            rows.push(match shape.as_deref().and_then(<[Dimension]>::last) {
                Some(Dimension::Fixed(size)) => Some(*size),
                _ => None,
            });
        }
        Ok(Self {
            model,
            spec,
            input,
            outputs,
            lengths,
            rows,
        })
    }

    /// Numbers per input that output number `index` has, as far as the model or the spec state it.
    pub fn length(&self, index: usize) -> Option<usize> {
        self.lengths.get(index).copied().flatten()
    }

    /// Length of the last axis of output number `index`, as far as the model states it.
    pub fn row(&self, index: usize) -> Option<usize> {
        self.rows.get(index).copied().flatten()
    }

    /// Runs one input and gives the outputs in the order of the spec, each row-major.
    pub fn run(&self, input: Vec<f32>) -> Result<Vec<Vec<f32>>, NetError> {
        let failed = |reason: String| NetError::Run {
            model: self.spec.model,
            reason,
        };
        let expected: usize = self.spec.shape.iter().product();
        if input.len() != expected {
            return Err(failed(format!(
                "{} input values, expected {expected}",
                input.len()
            )));
        }
        let tensor = NdTensor::from_data(self.spec.shape, input);
        let threads = own_threads().unwrap_or_else(|| Arc::clone(&THREADS));
        let options = RunOptions::default().with_thread_pool(Some(threads));
        let run = || {
            self.model.run(
                vec![(self.input, tensor.into())],
                &self.outputs,
                Some(options),
            )
        };
        let values = catch_unwind(AssertUnwindSafe(run))
            .map_err(|_| failed("an operator panicked".into()))?
            .map_err(|e| failed(e.to_string()))?;
        values
            .into_iter()
            .enumerate()
            .map(|(i, value)| self.numbers(i, value))
            .collect()
    }

    /// The finite numbers of output number `index`.
    fn numbers(&self, index: usize, value: Value) -> Result<Vec<f32>, NetError> {
        let name = self.spec.outputs[index].0;
        let failed = |reason: String| NetError::Run {
            model: self.spec.model,
            reason,
        };
        let tensor: rten_tensor::Tensor<f32> = value
            .try_into()
            .map_err(|_| failed(format!("output {name:?} is not of type f32")))?;
        let numbers = tensor.to_vec();
        if let Some(length) = self.lengths[index].filter(|&length| length != numbers.len()) {
            return Err(failed(format!(
                "output {name:?} has {} numbers, expected {length}",
                numbers.len()
            )));
        }
        if numbers.iter().any(|v| !v.is_finite()) {
            return Err(failed(format!(
                "output {name:?} has numbers that are not finite"
            )));
        }
        Ok(numbers)
    }
}

/// The node among `ids` that is called `name`.
fn named(model: &Model, ids: &[NodeId], name: &str) -> Option<NodeId> {
    let is_it = |id: &NodeId| {
        model
            .node_info(*id)
            .is_some_and(|info| info.name() == Some(name))
    };
    ids.iter().copied().find(is_it)
}

/// The names of nodes, for messages.
fn names(model: &Model, ids: &[NodeId]) -> String {
    let name = |id: &NodeId| {
        let info = model.node_info(*id);
        info.and_then(|info| info.name().map(|name| format!("{name:?}")))
            .unwrap_or_else(|| "one without name".into())
    };
    let names: Vec<_> = ids.iter().take(8).map(name).collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}

/// Whether a stated shape admits `wanted`.
fn fits(stated: &[Dimension], wanted: &[usize]) -> bool {
    let one = |(stated, wanted): (&Dimension, &usize)| match stated {
        Dimension::Fixed(size) => size == wanted,
        Dimension::Symbolic(_) => true,
    };
    stated.len() == wanted.len() && stated.iter().zip(wanted).all(one)
}

/// Numbers per input of a stated shape whose first dimension is the batch.
fn per_input(stated: &[Dimension]) -> Option<usize> {
    let rest = stated.get(1..)?.iter();
    rest.map(|d| {
        if let Dimension::Fixed(size) = d {
            Some(*size)
        } else {
            None
        }
    })
    .try_fold(1usize, |product, size| product.checked_mul(size?))
}

/// A stated shape, for messages.
fn written(stated: &[Dimension]) -> String {
    let one = |d: &Dimension| match d {
        Dimension::Fixed(size) => size.to_string(),
        Dimension::Symbolic(name) => name.clone(),
    };
    format!(
        "[{}]",
        stated.iter().map(one).collect::<Vec<_>>().join(", ")
    )
}
