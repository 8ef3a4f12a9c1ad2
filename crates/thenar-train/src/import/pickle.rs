//! A pickle reader that can build tensors and nothing else.
//!
//! It runs the opcodes that `torch.save` of a state dictionary writes (protocols 2 to 4) and knows the four names that
//! such files ask for; any other name is refused, so a file cannot run code.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Opcodes that are run.
const MOST_STEPS: usize = 2_000_000;
/// How deep values may be nested.
const DEEPEST: u8 = 12;
/// Values on the stack.
const MOST_VALUES: usize = 1_000_000;

/// How numbers are kept in a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F16,
    Bf16,
    F32,
    F64,
    I64,
    I32,
    U8,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "HalfStorage" => Self::F16,
            "BFloat16Storage" => Self::Bf16,
            "FloatStorage" => Self::F32,
            "DoubleStorage" => Self::F64,
            "LongStorage" => Self::I64,
            "IntStorage" => Self::I32,
            "ByteStorage" | "BoolStorage" => Self::U8,
            _ => return None,
        })
    }
}

/// A tensor: a view of numbers in another file of the archive.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub kind: Kind,
    /// Name of the storage.
    pub key: String,
    /// Numbers in the storage.
    pub count: usize,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Value {
    Mark,
    /// Something that checkpoints hold but tensors do not need.
    Other,
    Int(i64),
    Text(Rc<str>),
    Global(Rc<str>),
    Storage(Kind, Rc<str>, usize),
    Tensor(Rc<View>),
    Tuple(Rc<Vec<Value>>, u8),
    Dict(Vec<(Value, Value)>, u8),
}

impl Value {
    fn depth(&self) -> u8 {
        match self {
            Self::Tuple(_, depth) | Self::Dict(_, depth) => *depth,
            _ => 0,
        }
    }
}

/// The tensors of a state dictionary by name. A dictionary under `state_dict` or `model` in it is read in its place.
pub(super) fn read(bytes: &[u8]) -> Result<BTreeMap<String, View>, String> {
    let mut machine = Machine {
        rest: bytes,
        stack: Vec::new(),
        memo: BTreeMap::new(),
    };
    let Value::Dict(entries, _) = machine.run()? else {
        return Err("holds something else than a dictionary; save net.state_dict()".into());
    };
    let inner = entries.iter().find_map(|(key, value)| match (key, value) {
        (Value::Text(key), Value::Dict(inner, _))
            if matches!(&**key, "state_dict" | "model" | "model_state_dict") =>
        {
            Some(inner)
        }
        _ => None,
    });
    let mut tensors = BTreeMap::new();
    for (key, value) in inner.unwrap_or(&entries) {
        if let (Value::Text(key), Value::Tensor(view)) = (key, value) {
            tensors.insert(key.to_string(), (**view).clone());
        }
    }
    Ok(tensors)
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    memo: BTreeMap<u32, Value>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Value, String> {
        for _ in 0..MOST_STEPS {
            let op = self.number::<1>()?[0];
            if op == b'.' {
                return self.pop();
            }
            self.step(op)?;
            if self.stack.len() > MOST_VALUES {
                return Err("pickle: too many values".into());
            }
        }
        Err("pickle: too long".into())
    }

    fn step(&mut self, op: u8) -> Result<(), String> {
        match op {
            0x80 => self.bytes(1).map(drop)?,
            0x95 => self.bytes(8).map(drop)?,
            b'(' => self.stack.push(Value::Mark),
            b'N' | 0x88 | 0x89 => self.stack.push(Value::Other),
            b'G' => {
                self.bytes(8)?;
                self.stack.push(Value::Other);
            }
            b'K' | b'M' | b'J' | 0x8a => self.integer(op)?,
            b'X' | 0x8c => self.text(op)?,
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(op)?,
            b')' => self.tuple(Vec::new())?,
            b't' => {
                let items = self.since_mark()?;
                self.tuple(items)?;
            }
            0x85..=0x87 => {
                let first = self.stack.len().checked_sub(usize::from(op - 0x84));
                let items = self.stack.split_off(first.ok_or("pickle: stack is empty")?);
                self.tuple(items)?;
            }
            b'}' => self.stack.push(Value::Dict(Vec::new(), 1)),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.insert(vec![key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.insert(items)?;
            }
            // Lists belong to optimisers: they are skipped.
            b']' => self.stack.push(Value::Other),
            b'a' => self.pop().map(drop)?,
            b'e' => self.since_mark().map(drop)?,
            b'c' | 0x93 => self.global(op)?,
            b'Q' => self.storage()?,
            b'R' => self.call()?,
            // Attributes of a dictionary hold versions only.
            b'b' => self.pop().map(drop)?,
            other => {
                return Err(format!(
                    "pickle: opcode {other:#04x} is not used by checkpoints"
                ));
            }
        }
        Ok(())
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (head, tail) = self
            .rest
            .split_at_checked(count)
            .ok_or("pickle: ends too early")?;
        self.rest = tail;
        Ok(head)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut number = [0; N];
        number.copy_from_slice(self.bytes(N)?);
        Ok(number)
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.stack
            .pop()
            .ok_or_else(|| "pickle: stack is empty".into())
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.stack.iter().rposition(|v| matches!(v, Value::Mark));
        let items = self.stack.split_off(mark.ok_or("pickle: no mark")? + 1);
        self.stack.pop();
        Ok(items)
    }

    fn integer(&mut self, op: u8) -> Result<(), String> {
        let value = match op {
            b'K' => i64::from(self.number::<1>()?[0]),
            b'M' => i64::from(u16::from_le_bytes(self.number()?)),
            b'J' => i64::from(i32::from_le_bytes(self.number()?)),
            _ => {
                let count = usize::from(self.number::<1>()?[0]);
                let bytes = self.bytes(count)?;
                if count > 8 {
                    return Err("pickle: an integer is too large".into());
                }
                let fill = if bytes.last().is_some_and(|b| b & 0x80 != 0) {
                    0xff
                } else {
                    0
                };
                let mut wide = [fill; 8];
                wide[..count].copy_from_slice(bytes);
                i64::from_le_bytes(wide)
            }
        };
        self.stack.push(Value::Int(value));
        Ok(())
    }

    fn text(&mut self, op: u8) -> Result<(), String> {
        let count = if op == b'X' {
            u32::from_le_bytes(self.number()?) as usize
        } else {
            usize::from(self.number::<1>()?[0])
        };
        let text = std::str::from_utf8(self.bytes(count)?).map_err(|e| format!("pickle: {e}"))?;
        self.stack.push(Value::Text(text.into()));
        Ok(())
    }

    fn remember(&mut self, op: u8) -> Result<(), String> {
        let index = match op {
            b'q' | b'h' => u32::from(self.number::<1>()?[0]),
            b'r' | b'j' => u32::from_le_bytes(self.number()?),
            _ => self.memo.len() as u32,
        };
        if matches!(op, b'h' | b'j') {
            let value = self.memo.get(&index).cloned();
            self.stack.push(value.ok_or("pickle: nothing remembered")?);
        } else {
            // A dictionary is remembered before it is filled; nothing in a checkpoint asks for it again.
            let value = match self.stack.last().ok_or("pickle: stack is empty")? {
                Value::Dict(..) => Value::Other,
                other => other.clone(),
            };
            self.memo.insert(index, value);
        }
        Ok(())
    }

    fn tuple(&mut self, items: Vec<Value>) -> Result<(), String> {
        let depth = deeper(&items)?;
        self.stack.push(Value::Tuple(Rc::new(items), depth));
        Ok(())
    }

    /// Puts keys and values, one after the other, into the dictionary on top of the stack.
    fn insert(&mut self, items: Vec<Value>) -> Result<(), String> {
        let below = deeper(&items)?;
        let Some(Value::Dict(entries, depth)) = self.stack.last_mut() else {
            // The attributes of a dictionary that was not kept.
            return Ok(());
        };
        *depth = below.max(*depth);
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(())
    }

    fn global(&mut self, op: u8) -> Result<(), String> {
        let name = if op == b'c' {
            let mut line = || {
                let end = self.rest.iter().take(200).position(|&b| b == b'\n');
                let line = self.bytes(end.ok_or("pickle: a name does not end")? + 1)?;
                Ok::<_, String>(String::from_utf8_lossy(&line[..line.len() - 1]).into_owned())
            };
            format!("{}.{}", line()?, line()?)
        } else {
            let (Value::Text(name), Value::Text(module)) = (self.pop()?, self.pop()?) else {
                return Err("pickle: a name is not text".into());
            };
            format!("{module}.{name}")
        };
        let storage = name.strip_prefix("torch.").and_then(Kind::of);
        let known = [
            "collections.OrderedDict",
            "torch._utils._rebuild_tensor_v2",
            "torch._utils._rebuild_parameter",
        ];
        if storage.is_none() && !known.contains(&name.as_str()) {
            return Err(format!(
                "asks for {name}, which a state dictionary does not need; save net.state_dict()"
            ));
        }
        self.stack.push(Value::Global(name.into()));
        Ok(())
    }

    /// `("storage", kind, key, device, count)`.
    fn storage(&mut self) -> Result<(), String> {
        let Value::Tuple(items, _) = self.pop()? else {
            return Err("pickle: a storage is not a tuple".into());
        };
        let [
            _,
            Value::Global(kind),
            Value::Text(key),
            _,
            Value::Int(count),
        ] = &items[..]
        else {
            return Err("pickle: a storage is not described as PyTorch does".into());
        };
        let kind = kind.strip_prefix("torch.").and_then(Kind::of);
        let kind = kind.ok_or("pickle: a storage has no kind")?;
        let count = index(*count)?;
        self.stack.push(Value::Storage(kind, key.clone(), count));
        Ok(())
    }

    fn call(&mut self) -> Result<(), String> {
        let (Value::Tuple(arguments, _), Value::Global(name)) = (self.pop()?, self.pop()?) else {
            return Err("pickle: a call of something without a name".into());
        };
        let made = match (&*name, &arguments[..]) {
            ("collections.OrderedDict", []) => Value::Dict(Vec::new(), 1),
            ("torch._utils._rebuild_parameter", [Value::Tensor(view), ..]) => {
                Value::Tensor(view.clone())
            }
            (
                "torch._utils._rebuild_tensor_v2",
                [
                    Value::Storage(kind, key, count),
                    Value::Int(offset),
                    Value::Tuple(shape, _),
                    Value::Tuple(strides, _),
                    ..,
                ],
            ) => Value::Tensor(Rc::new(View {
                kind: *kind,
                key: key.to_string(),
                count: *count,
                offset: index(*offset)?,
                shape: indices(shape)?,
                strides: indices(strides)?,
            })),
            _ => return Err(format!("pickle: {name} is called in an unknown way")),
        };
        self.stack.push(made);
        Ok(())
    }
}

/// One more than the depth of the deepest of `items`.
fn deeper(items: &[Value]) -> Result<u8, String> {
    let depth = items.iter().map(Value::depth).max().unwrap_or(0) + 1;
    if depth > DEEPEST {
        return Err("pickle: nested too deeply".into());
    }
    Ok(depth)
}

fn index(value: i64) -> Result<usize, String> {
    usize::try_from(value).map_err(|_| format!("pickle: {value} is not a length"))
}

fn indices(values: &[Value]) -> Result<Vec<usize>, String> {
    let one = |value: &Value| match value {
        Value::Int(value) => index(*value),
        _ => Err("pickle: a length is not a number".into()),
    };
    values.iter().map(one).collect()
}
