//! Running a network over many images on all cores.

use std::cell::RefCell;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use rten::ThreadPool;

thread_local! {
    /// Runs the networks of this thread, where other threads have work of their own.
    static OWN: RefCell<Option<Arc<ThreadPool>>> = const { RefCell::new(None) };
}

/// What runs the networks of a thread that [`spread`] gave work to: nothing but that thread. Networks that share threads
/// wait for each other.
pub(crate) fn own_threads() -> Option<Arc<ThreadPool>> {
    OWN.with_borrow(Clone::clone)
}

/// `f` of every item, in the order of the items, computed on as many threads as there are cores.
///
/// Plain threads and not rayon: the networks' runtime has a rayon pool of its own, and a rayon worker that waits for
/// another pool takes on further items meanwhile, each on top of the last, until its stack is spent.
pub fn spread<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let work = || {
        let before = OWN.replace(Some(Arc::new(ThreadPool::with_num_threads(1))));
        while let Some((index, item)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).map(|item| (index, item))
        } {
            let result = f(item);
            done.lock()
                .unwrap_or_else(|e| e.into_inner())
                .push((index, result));
        }
        OWN.set(before);
    };
    thread::scope(|scope| {
        for _ in 1..cores.min(items.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..1000).collect();
        let squares: Vec<u64> = items.iter().map(|x| x * x).collect();
        assert_eq!(spread(&items, |x| x * x), squares);
        assert!(spread(&[] as &[u64], |x| *x).is_empty());
    }
}
