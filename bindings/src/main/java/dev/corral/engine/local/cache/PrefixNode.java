package dev.corral.engine.local.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run of cells in a {@link PrefixTree}, with its tokens: all paths that hold one of the cells hold all of them. Every
 * node but a root is on at least one path, and none but a root has a single child and no end.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class PrefixNode {

    private @Nullable PrefixNode parent;
    private int[] tokens;
    private int length;
    private int holders;
    private long visited;
    private List<PrefixNode> children = new ArrayList<>(2);
    private List<PrefixPath> ends = new ArrayList<>(2);

    private PrefixNode(@Nullable PrefixNode parent, int[] tokens, int length) {
        this.parent = parent;
        this.tokens = tokens;
        this.length = length;
    }

    /** A node without tokens or a parent. */
    static PrefixNode root() {
        return new PrefixNode(null, new int[0], 0);
    }

    @Nullable
    PrefixNode parent() {
        return parent;
    }

    boolean isRoot() {
        return parent == null;
    }

    int length() {
        return length;
    }

    /** Paths through it. */
    int holders() {
        return holders;
    }

    List<PrefixNode> children() {
        return children;
    }

    /** A path that ends with it, or null. */
    @Nullable
    PrefixPath anyEnd() {
        return ends.isEmpty() ? null : ends.getFirst();
    }

    /** How many of its tokens equal {@code other} from {@code offset} on. */
    int match(int[] other, int offset, int limit) {
        int most = Math.min(length, limit - offset);
        int mismatch = Arrays.mismatch(tokens, 0, most, other, offset, offset + most);
        return mismatch < 0 ? most : mismatch;
    }

    /** A path through this node other than {@code except}. */
    @Nullable
    PrefixPath holder(@Nullable PrefixPath except) {
        for (PrefixPath path : ends) {
            if (path != except) {
                return path;
            }
        }
        for (PrefixNode child : children) {
            @Nullable PrefixPath found = child.holder(except);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Copies its tokens in front of {@code end}. */
    void copyTokens(int[] target, int end) {
        System.arraycopy(tokens, 0, target, end - length, length);
    }

    /** Marks it as visited; false when it was before. */
    boolean visit(long visit) {
        boolean first = visited != visit;
        visited = visit;
        return first;
    }

    /** Lets a path end with it. */
    void hold(PrefixPath path) {
        ends.add(path);
        for (@Nullable PrefixNode above = this; above != null; above = above.parent) {
            above.holders++;
        }
    }

    /** Takes away the end of a path, which {@link #letGo} has to follow on the way up. */
    void removeEnd(PrefixPath path) {
        ends.remove(path);
    }

    /** One of its paths is gone. Returns how many cells that frees. */
    int letGo() {
        holders--;
        if (parent == null) {
            return 0;
        }
        if (holders == 0) {
            parent.children.remove(this);
            return length;
        }
        if (ends.isEmpty() && children.size() == 1) {
            absorbChild();
        }
        return 0;
    }

    /** Adds tokens to the end of a path that ends with it, and says what that ends with now. */
    PrefixNode append(PrefixPath path, int[] added, int offset, int count) {
        if (parent != null && holders == 1) {
            if (length + count > tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(length + count, length * 2));
            }
            System.arraycopy(added, offset, tokens, length, count);
            length += count;
            return this;
        }
        PrefixNode child = new PrefixNode(this, Arrays.copyOfRange(added, offset, offset + Math.max(count, 16)), count);
        child.holders = 1;
        ends.remove(path);
        children.add(child);
        child.ends.add(path);
        return child;
    }

    /** Cuts it in two: a new parent takes its first {@code count} tokens, and is returned. */
    PrefixNode split(int count) {
        PrefixNode above = parent;
        if (above == null) {
            throw new IllegalStateException("a root has no tokens to split");
        }
        PrefixNode upper = new PrefixNode(above, Arrays.copyOf(tokens, count), count);
        upper.holders = holders;
        upper.children.add(this);
        above.children.set(above.children.indexOf(this), upper);
        parent = upper;
        tokens = Arrays.copyOfRange(tokens, count, length);
        length -= count;
        return upper;
    }

    /** Joins it with its only child, so that chains don't grow. */
    private void absorbChild() {
        PrefixNode child = children.getFirst();
        int[] joined = Arrays.copyOf(tokens, length + child.length);
        System.arraycopy(child.tokens, 0, joined, length, child.length);
        tokens = joined;
        length += child.length;
        children = child.children;
        children.forEach(grandchild -> grandchild.parent = this);
        ends = child.ends;
        ends.forEach(path -> path.tip = this);
    }

    /** Checks it and what is below it; returns how many cells that is. */
    int checkInvariants() {
        int paths = ends.size();
        int cells = length;
        for (PrefixNode child : children) {
            require(child.parent == this, "a child has another parent");
            require(child.length > 0, "an empty node");
            paths += child.holders;
            cells += child.checkInvariants();
        }
        require(paths == holders, "a node counts " + holders + " holders but has " + paths);
        require(parent == null || holders > 0, "a node that nobody holds");
        require(parent == null || !ends.isEmpty() || children.size() > 1, "a node that its only child continues");
        for (PrefixPath path : ends) {
            require(path.tip == this, "a path that ends elsewhere");
            path.checkInvariants();
        }
        return cells;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
