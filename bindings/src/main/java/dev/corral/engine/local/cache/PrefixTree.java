package dev.corral.engine.local.cache;

import dev.corral.engine.local.media.MediaTokens;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A radix tree over the tokens of sequences in the KV cache. A node is a run of cells; a path from the root to a node
 * is what one sequence holds. Two sequences share a node exactly when they share its cells, so the nodes' lengths add
 * up to the cells in use. Siblings may begin with the same token: equal tokens computed twice are different cells.
 * Each {@link PrefixSpace} has a root of its own, so that nothing is ever found in another.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class PrefixTree {

    private final Map<PrefixSpace, PrefixNode> roots = new HashMap<>();
    private int cells;
    private long visit;

    /** The path that holds the first {@code length} tokens of what was looked up. */
    record Match(PrefixPath path, int length) {}

    /** A path without tokens. */
    PrefixPath begin(PrefixSpace space, int sequence) {
        PrefixNode root = roots.computeIfAbsent(space, _ -> PrefixNode.root());
        PrefixPath path = new PrefixPath(space, sequence, root, 0, 0);
        root.hold(path);
        return path;
    }

    /**
     * The longest held prefix of the first {@code limit} tokens that does not end within an image or sound; {@code null}
     * when not even one token is held.
     */
    @Nullable
    Match longest(PrefixSpace space, int[] tokens, int limit) {
        @Nullable Match match = find(space, tokens, limit, false, null);
        if (match == null) {
            return null;
        }
        int boundary = MediaTokens.boundary(tokens, match.length);
        return boundary == 0 ? null : new Match(match.path, boundary);
    }

    /** The longest prefix of the first {@code limit} tokens that is the whole of some path. */
    @Nullable
    Match longestWhole(PrefixSpace space, int[] tokens, int limit) {
        return find(space, tokens, limit, true, null);
    }

    /** True when another path begins with all tokens of this one. */
    boolean isCovered(PrefixPath path) {
        if (path.length() == 0) {
            return true;
        }
        @Nullable Match match = find(path.space(), path.tokens(), path.length(), false, path);
        return match != null && match.length == path.length();
    }

    private @Nullable Match find(
            PrefixSpace space, int[] tokens, int limit, boolean whole, @Nullable PrefixPath except) {
        @Nullable PrefixNode root = roots.get(space);
        return root == null ? null : descend(root, tokens, 0, limit, whole, except);
    }

    private static @Nullable Match descend(
            PrefixNode node, int[] tokens, int depth, int limit, boolean whole, @Nullable PrefixPath except) {
        @Nullable Match best = null;
        for (PrefixNode child : node.children()) {
            int matched = child.match(tokens, depth, limit);
            if (matched == 0) {
                continue;
            }
            @Nullable
            Match found =
                    matched == child.length() ? descend(child, tokens, depth + matched, limit, whole, except) : null;
            if (found == null) {
                found = matchAt(child, depth, matched, whole, except);
            }
            if (found != null && (best == null || found.length > best.length)) {
                best = found;
            }
        }
        return best;
    }

    private static @Nullable Match matchAt(
            PrefixNode node, int depth, int matched, boolean whole, @Nullable PrefixPath except) {
        @Nullable PrefixPath holder;
        if (whole) {
            holder = matched == node.length() ? node.anyEnd() : null;
        } else {
            holder = node.holder(except);
        }
        return holder == null ? null : new Match(holder, depth + matched);
    }

    /** A new path that shares the first {@code length} tokens of another. */
    PrefixPath fork(PrefixPath source, int length, int sequence) {
        assert length >= 0 && length <= source.length();
        PrefixNode node = source.tip;
        int end = source.length();
        for (@Nullable PrefixNode above = node.parent();
                above != null && end - node.length() >= length;
                above = node.parent()) {
            end -= node.length();
            node = above;
        }
        if (end > length) {
            node = node.split(node.length() - (end - length));
        }
        PrefixPath path = new PrefixPath(source.space(), sequence, node, length, length - source.positionAt(length));
        node.hold(path);
        return path;
    }

    /** Adds tokens that a sequence computed itself. */
    void append(PrefixPath path, int[] tokens, int offset, int count) {
        if (count > 0) {
            path.append(tokens, offset, count);
            cells += count;
        }
    }

    /** Forgets a path; cells that no other path holds are free. */
    void remove(PrefixPath path) {
        PrefixNode tip = path.tip;
        tip.removeEnd(path);
        for (@Nullable PrefixNode node = tip; node != null; node = node.parent()) {
            cells -= node.letGo();
            if (node.isRoot() && node.holders() == 0) {
                roots.remove(path.space());
            }
        }
        path.clear();
    }

    /** How many cells only this path holds. */
    int exclusiveCells(PrefixPath path) {
        int exclusive = 0;
        for (@Nullable PrefixNode node = path.tip; node != null && node.holders() == 1; node = node.parent()) {
            exclusive += node.length();
        }
        return exclusive;
    }

    /** How many cells at least one of these paths holds. */
    int cellsHeldBy(Collection<PrefixPath> paths) {
        visit++;
        int held = 0;
        for (PrefixPath path : paths) {
            for (@Nullable PrefixNode node = path.tip; node != null && node.visit(visit); node = node.parent()) {
                held += node.length();
            }
        }
        return held;
    }

    /** Cells in use. */
    int cells() {
        return cells;
    }

    /** @throws IllegalStateException when counts and links disagree */
    void checkInvariants() {
        int counted = 0;
        for (PrefixNode root : roots.values()) {
            if (root.holders() == 0) {
                throw new IllegalStateException("a space without sequences");
            }
            counted += root.checkInvariants();
        }
        if (counted != cells) {
            throw new IllegalStateException("tree counts " + cells + " cells but holds " + counted);
        }
    }
}
