//! What is left out where not all has a place.

use super::block::Block;

/// The items that fit into so many bytes, from the first on, and how many do not.
pub(super) fn first(items: &[String], room: usize) -> (String, usize) {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        if text.len() + item.len() > room {
            return (text, items.len() - at);
        }
        text.push_str(item);
    }
    (text, 0)
}

/// Folded sandboxes, as many and as whole as fit.
pub(super) struct Fitted<'a> {
    pub text: String,
    /// Whose diffs are left out, by name.
    pub without: Vec<&'a str>,
    /// How many are left out altogether.
    pub dropped: usize,
}

/// Puts blocks into so many bytes. The longest diffs go first, a sandbox's all together, so that most sandboxes keep
/// theirs; of equal ones the last. Where that is not enough, the last sandboxes go.
pub(super) fn blocks(blocks: &[Block], room: usize) -> Fitted<'_> {
    let gain = |block: &Block| block.whole.len().saturating_sub(block.short.len());
    let mut size: usize = blocks.iter().map(|block| block.whole.len()).sum();
    let mut order: Vec<usize> = (0..blocks.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse((blocks.get(*at).map_or(0, gain), *at)));
    let mut short = vec![false; blocks.len()];
    for at in order {
        if size <= room {
            break;
        }
        if let (Some(block), Some(flag)) = (blocks.get(at), short.get_mut(at))
            && gain(block) > 0
        {
            size -= gain(block);
            *flag = true;
        }
    }
    let mut fitted = Fitted { text: String::new(), without: Vec::new(), dropped: 0 };
    for (at, (block, short)) in blocks.iter().zip(short).enumerate() {
        let text = if short { &block.short } else { &block.whole };
        if fitted.text.len() + text.len() > room {
            fitted.dropped = blocks.len() - at;
            break;
        }
        fitted.text.push_str(text);
        if short || block.is_cut {
            fitted.without.push(&block.name);
        }
    }
    fitted
}
