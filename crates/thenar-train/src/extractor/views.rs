//! A competition map, read in several places and turns.
//!
//! A ROI can lie some pixels off, or turned by some degrees. Instead of making the projection tolerate that (it would
//! have to throw detail away), the map's cells are read at several lattices, each of which gives one feature, a *view*:
//! view 0 is centred, the others are shifted, turned, or both. An enrolment keeps view 0; a probe is compared with all of its
//! views, and the nearest one counts.
//!
//! A lattice is turned by two shears, which for some degrees is a turn but for its square: at 3° the size changes by one
//! part in a thousand. A shear moves each column, or each row, by its own way along itself, so it is a matrix for each of
//! them. Orientations are not turned with it: 3° are a seventh of what lies between two of them.

use super::competition::{CHANNELS, MAP, along_both};
use super::filters::{Matrix, blur, cosines, halve, pick, shifted};
use crate::onnx::GraphBuilder;

/// Side of the map of cells: a quarter of the ROI.
const CELL_MAP: usize = MAP / 2;
/// Cells of the lattice per axis.
const LATTICE: usize = 14;
/// Pixels of the cell map between cells.
const STEP: usize = 2;
/// First cell of the centred view.
const FIRST: i64 = 2;
/// Pixels of the ROI between shifted views: one of the cell map.
const VIEW_STEP: i64 = 4;
/// Blur of the cell map, its pixels.
const CELL_BLUR: f64 = 0.8;
/// Most frequencies: all but the mean, because how often an orientation wins over all is no identity, and drawn and
/// real palms differ in it.
pub const FREQUENCIES: usize = LATTICE * LATTICE - 1;

/// The views of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Views {
    /// Shifts to every side of the centre, 0…2.
    pub reach: i64,
    /// Every shift is read once upright and once turned by so many degrees to either side, 0…10; only upright when 0.
    pub turn: f64,
}

/// How one view lies on the ROI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Turn of the lattice against the ROI in degrees, from the x axis towards the y axis, which points down.
    pub turn: f64,
    /// Shift of the lattice to the right, pixels of the ROI.
    pub x: i64,
    /// Shift of the lattice down, pixels of the ROI.
    pub y: i64,
}

impl Views {
    /// The centred view alone.
    pub const CENTRE: Self = Self {
        reach: 0,
        turn: 0.0,
    };

    /// Whether both are in their ranges.
    pub fn is_valid(&self) -> bool {
        (0..=2).contains(&self.reach) && (0.0..=10.0).contains(&self.turn)
    }

    /// All views in their order; the centred one first.
    pub fn list(&self) -> Vec<View> {
        let each = shifts(self.reach);
        let mut views = Vec::new();
        for turn in self.turns() {
            for &y in &each {
                views.extend(each.iter().map(|&x| View { turn, x, y }));
            }
        }
        views
    }

    fn turns(&self) -> Vec<f64> {
        match self.turn {
            0.0 => vec![0.0],
            turn => vec![0.0, turn, -turn],
        }
    }

    /// The `count` lowest frequencies of a competition map `[N, CHANNELS, MAP, MAP]` in all views:
    /// `[frequencies, N · views, CHANNELS]`.
    pub(super) fn spectrum(&self, graph: &mut GraphBuilder, map: &str, count: usize) -> String {
        let frequencies = lowest(count);
        let cycles = 1 + frequencies.iter().map(|f| f.0.max(f.1)).max().unwrap_or(0);
        let cells = blur(CELL_MAP, CELL_BLUR).after(&halve(MAP));
        // From the map of cells to the cycles of every shift.
        let transform = |shift: &i64| {
            let lattice = pick(CELL_MAP, FIRST + shift / VIEW_STEP, STEP, LATTICE);
            cosines(cycles, LATTICE).after(&lattice)
        };
        let shifts: Vec<Matrix> = shifts(self.reach).iter().map(transform).collect();
        let upright = along_both(graph, &cells, map);
        let mut turns = vec![upright];
        for degrees in self.turns().into_iter().skip(1) {
            turns.push(turned(graph, &turns[0], degrees.to_radians()));
        }
        let all = match turns.as_slice() {
            [upright] => upright.clone(),
            turns => graph.concat(turns, 1),
        };
        // Every shift down with every shift to the right.
        let both = along_both(graph, &Matrix::stacked(&shifts), &all);
        let [t, s, c] = [turns.len(), shifts.len(), cycles].map(|n| n as i64);
        let channels = CHANNELS as i64;
        let apart = graph.reshape(&both, &[-1, t, channels, s, c, s, c]);
        let sorted = graph.transpose(&apart, &[4, 6, 0, 1, 3, 5, 2]);
        let by_frequency = graph.reshape(&sorted, &[c * c, -1, channels]);
        let place = |&(a, b): &(usize, usize)| (a * cycles + b) as i64;
        let chosen: Vec<i64> = frequencies.iter().map(place).collect();
        graph.gather(&by_frequency, &chosen)
    }
}

/// A map of cells `[N, CHANNELS, CELL_MAP, CELL_MAP]`, read turned by so many radians: the same shape.
fn turned(graph: &mut GraphBuilder, cells: &str, radians: f64) -> String {
    let side = CELL_MAP as i64;
    // For each line, what its distance from the middle moves it by.
    let shear = |graph: &mut GraphBuilder, radians: f64| {
        let line = |i: usize| {
            let from_middle = i as f64 - (CELL_MAP - 1) as f64 / 2.0;
            shifted(CELL_MAP, radians * from_middle).transposed()
        };
        let lines: Vec<Matrix> = (0..CELL_MAP).map(line).collect();
        graph.constant(&[CELL_MAP; 3], &Matrix::stacked(&lines).values)
    };
    let (down, right) = (shear(graph, radians), shear(graph, -radians));
    let columns = graph.transpose(cells, &[3, 0, 1, 2]);
    let columns = graph.reshape(&columns, &[side, -1, side]);
    let columns = graph.binary("MatMul", &columns, &down);
    let rows = graph.transpose(&columns, &[2, 1, 0]);
    let rows = graph.binary("MatMul", &rows, &right);
    let maps = graph.transpose(&rows, &[1, 0, 2]);
    graph.reshape(&maps, &[-1, CHANNELS as i64, side, side])
}

/// Shifts along an axis, in pixels of the ROI: none first.
fn shifts(reach: i64) -> Vec<i64> {
    let others = (-reach..=reach).filter(|&s| s != 0);
    let all = std::iter::once(0).chain(others);
    all.map(|s| s * VIEW_STEP).collect()
}

/// The `count` lowest frequencies, as cycles down and to the right.
fn lowest(count: usize) -> Vec<(usize, usize)> {
    let places = (0..LATTICE * LATTICE).map(|i| (i / LATTICE, i % LATTICE));
    let mut all: Vec<(usize, usize)> = places.filter(|&f| f != (0, 0)).collect();
    all.sort_by_key(|&(a, b)| (a * a + b * b, a, b));
    all.truncate(count);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_is_the_first_view() {
        let place = |v: &View| (v.turn, v.x, v.y);
        let places = |views: Views| views.list().iter().map(place).collect::<Vec<_>>();
        assert_eq!(places(Views::CENTRE), [(0.0, 0, 0)]);
        let views = places(Views {
            reach: 2,
            turn: 3.0,
        });
        assert_eq!(
            (views.len(), views[0], views[1]),
            (75, (0.0, 0, 0), (0.0, -8, 0))
        );
        assert!(
            views.contains(&(0.0, -8, 4)) && views[25] == (3.0, 0, 0) && views[50] == (-3.0, 0, 0)
        );
    }

    #[test]
    fn frequencies_begin_with_the_lowest_and_leave_the_mean_out() {
        assert_eq!(lowest(4), [(0, 1), (1, 0), (1, 1), (0, 2)]);
        assert_eq!(lowest(FREQUENCIES).len(), FREQUENCIES);
    }
}
