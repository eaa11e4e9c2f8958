//! Which routes originate at a node: the map's index.
//!
//! The columns of routes live in this module's memory from the start: the map writes what the Arrow stream says into them, deck.gl
//! reads them, and a question is answered in place. Nothing is copied for a call. The index is in compressed sparse rows (CSR): the
//! slots of all routes sorted by their node, and for each node where its slots begin.
//!
//! No crate is needed, and any compiler since 1.63 (Debian 12's own) can build it for `wasm32-unknown-unknown`.

/// The columns and their index. The slot of a route is its place in the columns.
#[derive(Default, Debug)]
pub struct Origins {
    /// Node that a route originates at.
    nodes: Vec<u32>,
    /// Whether it is active: 1, else 0.
    active: Vec<u8>,
    /// Slots, sorted by node.
    slots: Vec<u32>,
    /// Where the slots of each node begin; one more than there are nodes.
    starts: Vec<u32>,
    /// The answer to the last question.
    found: Vec<u32>,
}

impl Origins {
    /// Room for so many routes. What the columns hold is kept; they may have moved afterwards.
    pub fn reserve(&mut self, routes: usize) {
        self.nodes.resize(routes.max(self.nodes.len()), 0);
        self.active.resize(self.nodes.len(), 0);
    }

    pub fn columns(&mut self) -> (&mut [u32], &mut [u8]) {
        (&mut self.nodes, &mut self.active)
    }

    /// Sorts the first `routes` slots by their nodes, which are below `nodes`. In one pass over them each way.
    pub fn index(&mut self, routes: usize, nodes: usize) {
        self.starts.clear();
        self.starts.resize(nodes + 1, 0);
        let column = self.nodes.get(..routes).unwrap_or(&self.nodes);
        for node in column {
            if let Some(count) = self.starts.get_mut(*node as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.slots.clear();
        self.slots.resize(sum as usize, 0);
        // Each start is counted up while its slots are placed, and is the next one's in the end.
        for (slot, node) in (0_u32..).zip(column) {
            if let Some(start) = self.starts.get_mut(*node as usize) {
                if let Some(place) = self.slots.get_mut(*start as usize) {
                    *place = slot;
                    *start += 1;
                }
            }
        }
        self.starts.rotate_right(1);
        if let Some(first) = self.starts.first_mut() {
            *first = 0;
        }
    }

    /// The slots of the active routes that originate at a node.
    pub fn select(&mut self, node: u32) -> &[u32] {
        self.found.clear();
        let bound = |at: usize| self.starts.get(at).map(|start| *start as usize);
        if let (Some(from), Some(to)) = (bound(node as usize), bound(node as usize + 1)) {
            let active = &self.active;
            let slots = self.slots.get(from..to).unwrap_or_default();
            self.found.extend(slots.iter().filter(|slot| active.get(**slot as usize) == Some(&1)));
        }
        &self.found
    }
}

/// What WebAssembly exports: one index, whose handle is an address in the module's memory.
#[cfg(target_arch = "wasm32")]
pub mod exports {
    use super::Origins;

    #[no_mangle]
    pub extern "C" fn origins_new() -> *mut Origins {
        Box::into_raw(Box::default())
    }

    /// # Safety
    /// `origins` is from `origins_new`, here as in all that follow, and there is one thread only.
    #[no_mangle]
    pub unsafe extern "C" fn origins_reserve(origins: *mut Origins, routes: usize) {
        (*origins).reserve(routes);
    }

    /// # Safety
    /// See `origins_reserve`.
    #[no_mangle]
    pub unsafe extern "C" fn origins_nodes(origins: *mut Origins) -> *mut u32 {
        (*origins).columns().0.as_mut_ptr()
    }

    /// # Safety
    /// See `origins_reserve`.
    #[no_mangle]
    pub unsafe extern "C" fn origins_active(origins: *mut Origins) -> *mut u8 {
        (*origins).columns().1.as_mut_ptr()
    }

    /// # Safety
    /// See `origins_reserve`.
    #[no_mangle]
    pub unsafe extern "C" fn origins_index(origins: *mut Origins, routes: usize, nodes: usize) {
        (*origins).index(routes, nodes);
    }

    /// How many are found; `origins_found` tells where.
    ///
    /// # Safety
    /// See `origins_reserve`.
    #[no_mangle]
    pub unsafe extern "C" fn origins_select(origins: *mut Origins, node: u32) -> usize {
        (*origins).select(node).len()
    }

    /// # Safety
    /// See `origins_reserve`.
    #[no_mangle]
    pub unsafe extern "C" fn origins_found(origins: *mut Origins) -> *const u32 {
        (*origins).found.as_ptr()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::Origins;

    #[test]
    fn what_is_selected_is_what_a_walk_over_all_finds() {
        let mut dice = 7_u64;
        let mut roll = |sides: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % sides
        };
        let mut origins = Origins::default();
        for (routes, nodes) in [(0, 0), (1, 1), (5, 9), (2000, 40), (700, 3)] {
            origins.reserve(routes);
            let (column, active) = origins.columns();
            for slot in 0..routes {
                column[slot] = u32::try_from(roll(nodes as u64)).unwrap();
                active[slot] = u8::try_from(roll(2)).unwrap();
            }
            let (column, active) = (column.to_vec(), active.to_vec());
            origins.index(routes, nodes);
            for node in 0..u32::try_from(nodes).unwrap() + 2 {
                let walk = (0..routes).filter(|slot| column[*slot] == node && active[*slot] == 1);
                let walk: Vec<u32> = walk.map(|slot| u32::try_from(slot).unwrap()).collect();
                assert_eq!(origins.select(node), walk, "node {node} of {nodes}");
            }
        }
    }

    #[test]
    fn a_node_that_is_not_there_has_none() {
        let mut origins = Origins::default();
        assert!(origins.select(0).is_empty());
        origins.reserve(1);
        origins.columns().0[0] = 7;
        origins.columns().1[0] = 1;
        // A node above what was said is left out, not followed.
        origins.index(1, 3);
        assert!(origins.select(7).is_empty());
    }
}
