//! Maps with a maximum size.

use std::collections::HashMap;
use std::hash::Hash;

/// Inserts a value after removing expired ones and, if the map is still full, the one that expires first.
pub(crate) fn bounded_insert<K: Copy + Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    limit: usize,
    key: K,
    value: V,
    now: u64,
    expires: impl Fn(&V) -> u64,
) {
    map.retain(|_, value| expires(value) > now);
    while map.len() >= limit {
        let Some(first) = map.iter().min_by_key(|(_, value)| expires(value)).map(|(key, _)| *key) else {
            break;
        };
        map.remove(&first);
    }
    map.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_makes_room_by_what_is_over_and_then_by_what_ends_first() {
        let mut map = HashMap::from([(1, 10), (2, 20), (3, 30)]);
        bounded_insert(&mut map, 3, 4, 40, 10, |expires| *expires);
        assert_eq!(map, HashMap::from([(2, 20), (3, 30), (4, 40)]));
        bounded_insert(&mut map, 3, 5, 50, 10, |expires| *expires);
        assert_eq!(map, HashMap::from([(3, 30), (4, 40), (5, 50)]));
    }
}
