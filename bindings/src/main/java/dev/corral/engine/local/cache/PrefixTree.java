package dev.corral.engine.local.cache;

import dev.corral.engine.local.media.MediaTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
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

    private final Map<PrefixSpace, Node> roots = new HashMap<>();
    private int cells;
    private long visit;

    /** A run of tokens below its parent. Every node but the root is on at least one path. */
    private static final class Node {
        private @Nullable Node parent;
        private int[] tokens;
        private int length;
        private int holders;
        private long visited;
        private List<Node> children = new ArrayList<>(2);
        private List<Path> ends = new ArrayList<>(2);

        Node(@Nullable Node parent, int[] tokens, int length) {
            this.parent = parent;
            this.tokens = tokens;
            this.length = length;
        }

        /** How many of its tokens equal {@code other} from {@code offset} on. */
        int match(int[] other, int offset, int limit) {
            int most = Math.min(length, limit - offset);
            int mismatch = Arrays.mismatch(tokens, 0, most, other, offset, offset + most);
            return mismatch < 0 ? most : mismatch;
        }

        /** A path through this node other than {@code except}. */
        @Nullable
        Path holder(@Nullable Path except) {
            for (Path path : ends) {
                if (path != except) {
                    return path;
                }
            }
            for (Node child : children) {
                @Nullable Path found = child.holder(except);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }
    }

    /** What one sequence holds: the tokens from the root to its tip. */
    static final class Path {
        private final PrefixSpace space;
        private final int sequence;
        private Node tip;
        private int length;
        private int still;

        private Path(PrefixSpace space, int sequence, Node tip, int length) {
            this.space = space;
            this.sequence = sequence;
            this.tip = tip;
            this.length = length;
        }

        /** Where it can be found. */
        PrefixSpace space() {
            return space;
        }

        /** The sequence id in the KV cache. */
        int sequence() {
            return sequence;
        }

        /** Tokens from the root to the tip. */
        int length() {
            return length;
        }

        /** The position of its next token. */
        int position() {
            return length - still;
        }

        /** The position of a token of it. */
        int positionAt(int place) {
            return still == 0 ? place : place - MediaTokens.still(tokens(), 0, place);
        }

        /** Its tokens, copied. */
        int[] tokens() {
            int[] all = new int[length];
            int end = length;
            for (@Nullable Node node = tip; node != null; node = node.parent) {
                end -= node.length;
                System.arraycopy(node.tokens, 0, all, end, node.length);
            }
            return all;
        }
    }

    /** The path that holds the first {@code length} tokens of what was looked up. */
    record Match(Path path, int length) {}

    /** A path without tokens. */
    Path begin(PrefixSpace space, int sequence) {
        Node root = roots.computeIfAbsent(space, _ -> root());
        root.holders++;
        Path path = new Path(space, sequence, root, 0);
        root.ends.add(path);
        return path;
    }

    private static Node root() {
        return new Node(null, new int[0], 0);
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

    private @Nullable Match find(PrefixSpace space, int[] tokens, int limit, boolean whole, @Nullable Path except) {
        @Nullable Node root = roots.get(space);
        return root == null ? null : descend(root, tokens, 0, limit, whole, except);
    }

    /** True when another path begins with all tokens of this one. */
    boolean isCovered(Path path) {
        @Nullable Match match = find(path.space, path.tokens(), path.length, false, path);
        return path.length == 0 || (match != null && match.length == path.length);
    }

    /** The longest prefix of the first {@code limit} tokens that is the whole of some path. */
    @Nullable
    Match longestWhole(PrefixSpace space, int[] tokens, int limit) {
        return find(space, tokens, limit, true, null);
    }

    private static @Nullable Match descend(
            Node node, int[] tokens, int depth, int limit, boolean whole, @Nullable Path except) {
        @Nullable Match best = null;
        for (Node child : node.children) {
            int matched = child.match(tokens, depth, limit);
            if (matched == 0) {
                continue;
            }
            @Nullable
            Match found =
                    matched == child.length ? descend(child, tokens, depth + matched, limit, whole, except) : null;
            if (found == null) {
                found = matchAt(child, depth, matched, whole, except);
            }
            if (found != null && (best == null || found.length > best.length)) {
                best = found;
            }
        }
        return best;
    }

    private static @Nullable Match matchAt(Node node, int depth, int matched, boolean whole, @Nullable Path except) {
        if (whole) {
            return matched == node.length && !node.ends.isEmpty()
                    ? new Match(node.ends.getFirst(), depth + matched)
                    : null;
        }
        @Nullable Path holder = node.holder(except);
        return holder == null ? null : new Match(holder, depth + matched);
    }

    /** A new path that shares the first {@code length} tokens of another. */
    Path fork(Path source, int length, int sequence) {
        assert length >= 0 && length <= source.length;
        Node node = source.tip;
        int end = source.length;
        while (end - node.length >= length && node.parent != null) {
            end -= node.length;
            node = node.parent;
        }
        if (end > length) {
            split(node, node.length - (end - length));
            node = parentOf(node);
        }
        Path path = new Path(source.space, sequence, node, length);
        path.still = length - source.positionAt(length);
        node.ends.add(path);
        for (@Nullable Node above = node; above != null; above = above.parent) {
            above.holders++;
        }
        return path;
    }

    /** Adds tokens that a sequence computed itself. */
    void append(Path path, int[] tokens, int offset, int count) {
        if (count == 0) {
            return;
        }
        Node tip = path.tip;
        boolean exclusive = tip.parent != null && tip.holders == 1;
        if (exclusive) {
            if (tip.length + count > tip.tokens.length) {
                tip.tokens = Arrays.copyOf(tip.tokens, Math.max(tip.length + count, tip.length * 2));
            }
            System.arraycopy(tokens, offset, tip.tokens, tip.length, count);
            tip.length += count;
        } else {
            Node child = new Node(tip, Arrays.copyOfRange(tokens, offset, offset + Math.max(count, 16)), count);
            child.holders = 1;
            tip.ends.remove(path);
            tip.children.add(child);
            child.ends.add(path);
            path.tip = child;
        }
        path.length += count;
        path.still += MediaTokens.still(tokens, offset, count);
        cells += count;
    }

    /** Forgets a path; cells that no other path holds are free. */
    void remove(Path path) {
        path.tip.ends.remove(path);
        @Nullable Node node = path.tip;
        while (node != null) {
            @Nullable Node parent = node.parent;
            node.holders--;
            if (node.holders == 0 && parent != null) {
                parent.children.remove(node);
                cells -= node.length;
            } else if (node.holders == 0) {
                roots.remove(path.space);
            } else if (parent != null && node.ends.isEmpty() && node.children.size() == 1) {
                absorbChild(node);
            }
            node = parent;
        }
        path.tip = root();
        path.length = 0;
        path.still = 0;
    }

    /** How many cells only this path holds. */
    int exclusiveCells(Path path) {
        int exclusive = 0;
        for (@Nullable Node node = path.tip; node != null && node.holders == 1; node = node.parent) {
            exclusive += node.length;
        }
        return exclusive;
    }

    /** How many cells at least one of these paths holds. */
    int cellsHeldBy(Collection<Path> paths) {
        visit++;
        int held = 0;
        for (Path path : paths) {
            for (@Nullable Node node = path.tip; node != null && node.visited != visit; node = node.parent) {
                node.visited = visit;
                held += node.length;
            }
        }
        return held;
    }

    /** Cells in use. */
    int cells() {
        return cells;
    }

    private static Node parentOf(Node node) {
        Node parent = node.parent;
        if (parent == null) {
            throw new IllegalStateException("the root has no parent");
        }
        return parent;
    }

    /** Cuts a node in two: a new parent takes its first {@code length} tokens. */
    private static void split(Node node, int length) {
        Node parent = parentOf(node);
        Node upper = new Node(parent, Arrays.copyOf(node.tokens, length), length);
        upper.holders = node.holders;
        upper.children.add(node);
        parent.children.set(parent.children.indexOf(node), upper);
        node.parent = upper;
        node.tokens = Arrays.copyOfRange(node.tokens, length, node.length);
        node.length -= length;
    }

    /** Joins a node with its only child, so that chains don't grow. */
    private static void absorbChild(Node node) {
        Node child = node.children.getFirst();
        int[] joined = Arrays.copyOf(node.tokens, node.length + child.length);
        System.arraycopy(child.tokens, 0, joined, node.length, child.length);
        node.tokens = joined;
        node.length += child.length;
        node.children = child.children;
        node.children.forEach(grandchild -> grandchild.parent = node);
        node.ends = child.ends;
        node.ends.forEach(path -> path.tip = node);
    }

    /** @throws IllegalStateException when counts and links disagree */
    void checkInvariants() {
        int counted = 0;
        for (Node root : roots.values()) {
            require(root.holders > 0, "a space without sequences");
            counted += check(root);
        }
        if (counted != cells) {
            throw new IllegalStateException("tree counts " + cells + " cells but holds " + counted);
        }
    }

    private static int check(Node node) {
        int holders = node.ends.size();
        int sum = node.length;
        for (Node child : node.children) {
            require(child.parent == node, "a child has another parent");
            require(child.length > 0, "an empty node");
            holders += child.holders;
            sum += check(child);
        }
        require(holders == node.holders, "a node counts " + node.holders + " holders but has " + holders);
        require(node.parent == null || holders > 0, "a node that nobody holds");
        for (Path path : node.ends) {
            int depth = 0;
            for (@Nullable Node above = node; above != null; above = above.parent) {
                depth += above.length;
            }
            require(path.tip == node && path.length == depth, "a path of " + path.length + " ends at " + depth);
        }
        return sum;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
